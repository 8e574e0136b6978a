"""The page of a flow run: sections by what the run did, values as text, links where a dashboard runs."""

from flows.engine.error_messages import ErrorMessage
from flows.engine.outcome import Outcome, QuarantinedBatch
from flows.engine.run_page import failure_page, outcome_page
from tasks.core.constants import Tag
from tasks.core.energy_cost import EnergyCost
from tasks.orchestration.dashboards import Dashboards
from tasks.orchestration.run_summary import RunSummary
from tasks.tracking.pages.addresses import run_page, version_page

SCORES = {
    "accuracy": 0.93,
    "champion_accuracy": 0.9,
    "fresh_accuracy": 0.8,
    "champion_fresh_accuracy": 0.85,
    "gate_lower": -0.01,
    "gate_upper": 0.05,
    "gate_margin": 0.01,
}


def summary(dashboards: Dashboards = Dashboards(), **tags: str) -> RunSummary:  # noqa: B008
    return RunSummary("1", "r", SCORES, tags, dashboards)


def done(**about: object) -> Outcome:
    return Outcome.model_validate({"state": "Promoted", "dataset": "digits", "reason": "r", "version": 2, **about})


def test_the_page_sets_challenger_beside_champion() -> None:
    page = outcome_page("retrain", done(scores={"accuracy": 0.93}), summary(**{Tag.PARENT_VERSION: "1"}), None)
    assert "| score | champion (version 1) | this run (version 2) | difference |" in page
    assert "| accuracy on the holdout | 0.9000 | 0.9300 | +0.0300 |" in page
    assert "| accuracy on rows held back | 0.8500 | 0.8000 | -0.0500 |" in page
    assert "from -0.0100 to +0.0500, measured before the rows held back were learnt too." in page
    assert "promoted unless the whole interval lies below -0.0100." in page


def test_a_reason_begins_with_a_capital_and_the_name_of_a_file_keeps_its_letters() -> None:
    assert "\nThe first version.\n" in outcome_page("train", done(reason="the first version"), None, None)
    page = outcome_page("ingest", done(reason="loans-march.csv failed validation"), None, None)
    assert "\nloans-march.csv failed validation.\n" in page


def test_what_predicting_spent_is_called_so() -> None:
    spent = EnergyCost(1.0, 2.0, 0.1, "measured:rapl")
    assert "| predicting | 2.0 |" in outcome_page("score", done(state="Scored", spent=spent), None, None)
    assert "| learning and evaluating | 2.0 |" in outcome_page("retrain", done(spent=spent), None, None)


def test_a_first_version_has_scores_of_its_own_alone() -> None:
    page = outcome_page("train", done(scores={"accuracy": 0.93}), summary(), None)
    assert "| score | this run (version 2) |" in page and "difference |" not in page


def test_values_from_files_are_text_and_never_markup() -> None:
    page = outcome_page("retrain", done(reason="a|b [c](http://d) `e` <script>x</script>"), None, None)
    assert "<script>" not in page and "&lt;script&gt;" in page
    assert r"A\|b \[c\](http://d) \`e\`" in page


def test_a_quarantined_batch_is_listed_with_its_reasons_and_its_pages() -> None:
    batch = QuarantinedBatch(batch="0" * 16, source="a|b.csv", reasons=("no rows", "one column"))
    page = outcome_page("ingest", done(quarantined=(batch,)), None, None)
    assert rf"| `{'0' * 16}` | a\|b.csv | no rows; one column |" in page
    assert "`data/quarantine/digits/BATCH/validation.html`" in page
    assert "`greenlightning quarantine accept BATCH --dataset digits --reason WHY`" in page


def test_what_nothing_can_learn_is_to_be_mended_not_accepted() -> None:
    batch = QuarantinedBatch(
        batch="0" * 16, source="b.csv", reasons=("no label",), unlearnable="row 3 has no label"
    )
    page = outcome_page("ingest", done(quarantined=(batch,)), None, None)
    assert "Nothing can learn it: row 3 has no label. Mend the file and ingest it again." in page
    assert "quarantine accept" not in page


def test_a_picture_is_part_of_the_page() -> None:
    assert "](data:image/png;base64,iVBOR" in outcome_page("train", done(), None, b"\x89PNG\r\n")
    assert "base64" not in outcome_page("retrain", done(), None, None)


def test_a_link_leads_to_mlflow_where_it_runs_and_names_a_command_elsewhere() -> None:
    served = summary(Dashboards(mlflow_url="http://127.0.0.1:5000"))
    page = outcome_page("retrain", done(), served, None)
    assert f"- [the run r in MLflow](http://127.0.0.1:5000/{run_page('1', 'r')})" in page
    assert f"- [version 2 of digits](http://127.0.0.1:5000/{version_page('digits', 2)})" in page
    page = outcome_page("retrain", done(), summary(), None)
    assert "- the run r in MLflow: `greenlightning up`" in page
    assert "- version 2 of digits: `greenlightning lineage 2 --dataset digits`" in page


def test_a_failure_has_its_cause_and_its_remedy() -> None:
    page = failure_page("retrain", "digits", ErrorMessage("It is wrong", "Correct it"), None)
    assert page.startswith("# Retrain digits: failed\n")
    assert "| **what failed** | It is wrong |" in page
    assert "| **what to do** | Correct it |" in page


def test_the_page_says_what_serves_now_and_how_fit_its_gates_were() -> None:
    now = {"serves": "version 2 since 2026-11-29 19:54 UTC", "next": "retrain-nightly at 2026-11-30 02:00 UTC"}
    page = outcome_page("retrain", done(health="red"), None, None, now)
    assert "## What serves now\n- **serves**: version 2 since 2026-11-29 19:54 UTC\n- **next**: retrain" in page
    assert "- **health of what arrived**: red" in page
    failed = failure_page("retrain", "digits", ErrorMessage("It is wrong", "Correct it"), None, now)
    assert "- **serves**: version 2" in failed and "What serves now" not in outcome_page(
        "retrain", done(), None, None
    )
