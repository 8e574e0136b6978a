"""The Markdown notes of runs and experiments."""

import re

from greenlightning.errors import InputError
from tasks.core.constants import Kind, Part, Tag
from tasks.tracking.pages.addresses import TRAINING
from tasks.tracking.pages.run_notes import decision_reason, experiment_note, run_note, score_table
from tests.helpers.tracked_runs import tracked_run

METRICS = {
    "accuracy": 0.93,
    "champion_accuracy": 0.9,
    "rows_learnt": 1200.0,
    "batches_learnt": 1.0,
    "seconds": 1.5,
    "joules": 2.25,
    "gco2e": 0.1,
}
TAGS = {Tag.VERSION: "2", Tag.DECISION: "promoted", Tag.REASON: "promoted: holdout +0.03 [a|b]"}
PARAMS = {"rows": "2400", "batches": "2"}


def plain(note: str) -> str:
    """A note with single blanks."""
    return re.sub(r"(?:&emsp;|[^\S\n])+", " ", note)


def test_a_note_has_the_decision_the_scores_the_batches_and_the_energy() -> None:
    note = plain(run_note(tracked_run(METRICS, TAGS | {Tag.ENERGY_SOURCE: "measured:rapl"}, PARAMS), "FINISHED"))
    assert "**Promoted, version 2.** Holdout +0.03 \\[a\\|b\\]." in note
    assert "| on the holdout | this run | champion before |" in note
    assert "| accuracy | 0.9300 | 0.9000 |" in note
    assert "**Learnt:** 1,200 rows in 1 batch; the model holds 2,400 rows of 2 batches." in note
    assert (
        "**Energy:** spent 2.25 J (6.25e-07 kWh, 0.1 g CO2e) in 1.50 s (measured by processor counters)." in note
    )
    assert note.endswith(f"[Model card of digits version 2](#/models/digits/versions/2?{TRAINING})\n")


def test_a_note_says_what_was_avoided_or_that_it_cost_more() -> None:
    costs = {f"{name}_avoided": 1.0 for name in ("seconds", "joules", "gco2e")}
    tags = TAGS | {Tag.ENERGY_SOURCE: "measured:rapl", Tag.ENERGY_AVOIDED_SOURCE: "estimated:rows"}
    for joules, said in (
        (30.0, "avoided 30 J"),
        (-0.2, "cost 0.2 J more than training from scratch would have"),
    ):
        note = plain(run_note(tracked_run(METRICS | costs | {"joules_avoided": joules}, tags), "FINISHED"))
        assert f"(measured by processor counters); {said} (estimated:rows)." in note


def test_a_failed_run_has_its_cause_and_remedy_and_an_interrupted_one_says_so() -> None:
    error = InputError("the file has no rows", "Give another")
    note = run_note(tracked_run({}), "FAILED", error)
    assert "**Failed:** The file has no rows. **Remedy:** Give another." in note
    assert "**Failed:** ValueError: A b." in run_note(tracked_run({}), "FAILED", ValueError("a\nb"))
    assert "**Interrupted:**" in run_note(tracked_run({}), "KILLED", KeyboardInterrupt())


def test_a_part_leads_to_its_run_and_a_baseline_to_the_version_it_is_compared_with() -> None:
    part = run_note(tracked_run({}, {Tag.PART: Part.LINEAR, "mlflow.parentRunId": "p"}), "FINISHED")
    assert "Part of [this run](#/experiments/1/runs/p?workflowType=machine_learning)." in part
    tags = {Tag.KIND: Kind.REFERENCE, Tag.VERSION: "2"}
    baseline = run_note(tracked_run({}, tags, {"method": "ridge"}), "FINISHED")
    assert (
        "**Baseline: ridge**, trained from scratch on the rows of "
        "[version 2](#/models/digits/versions/2?workflowType=machine_learning)." in baseline
    )


def test_a_run_without_scores_has_no_table() -> None:
    assert score_table({"joules": 1.0}) is None
    assert "|" not in run_note(tracked_run({}, TAGS | {Tag.REASON: "first"}), "FINISHED")


def test_a_reason_is_a_sentence_without_the_decision() -> None:
    assert decision_reason("champion kept: worse by 0.02") == "Worse by 0.02."
    assert decision_reason("") == ""


def test_the_note_of_an_experiment_opens_the_saved_view() -> None:
    note = experiment_note("digits", "7")
    assert f"(#/experiments/7/runs?{TRAINING}&viewStateShareKey=compare-methods&compareRunsMode=CHART)" in note
    assert f"(#/experiments/7/runs?{TRAINING}&viewStateShareKey=retrainings&compareRunsMode=TABLE)" in note
    assert "greenlightning lineage --dataset digits" in note
