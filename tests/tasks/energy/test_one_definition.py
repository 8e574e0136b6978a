"""What a retraining avoided is one figure wherever it is read: an estimate with its range, later a measurement."""

from pathlib import Path

import pytest

from flows.console.outcome_text import print_outcome
from flows.learning.retrain import retrain
from tasks.core.constants import Metric, Subject, Tag
from tasks.core.energy_cost import EnergyCost
from tasks.models import registry
from tasks.promotion.candidate import Candidate
from tasks.reporting.history import history_of
from tasks.reporting.report import make_report
from tasks.tracking.client import connect
from tasks.training.baselines import run_baseline
from tests.helpers.command_line import greenlightning
from tests.helpers.digits import DIGITS, FIRST, add
from tests.helpers.flow_runs import shown

NETWORK: dict[str, object] = {
    Tag.NETWORK_JOULES: 0.01,
    Tag.NETWORK_SECONDS: 0.001,
    Tag.NETWORK_GCO2E: 0.0001,
    Tag.NETWORK_EPOCHS: 30,
    Tag.NETWORK_TASK: "classification",
}
"""A row costs 0.01 J in an epoch: 600 rows take 6 J, 180 J in 30 epochs, 126 J to 600 J in 21 to 100 of them."""
SPENT = EnergyCost(1.0, 10.0, 0.5, "measured:rapl")
BESIDE = EnergyCost(5.0, 50.0, 2.5, "measured:rapl")


def logged() -> list[float]:
    """The metrics of the second version's run: what it avoided, at least and at most."""
    metrics = connect().get_run(registry.version(DIGITS, 2).run_id).data.metrics
    return [
        metrics[name] for name in (Metric.JOULES_AVOIDED, Metric.JOULES_AVOIDED_LEAST, Metric.JOULES_AVOIDED_MOST)
    ]


def texts(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """What tells what the second version avoided: card, note, comparison, report and picture."""
    version = registry.version(DIGITS, 2)
    capsys.readouterr()
    assert greenlightning("compare", "1", "2", "--dataset", DIGITS, monkeypatch=monkeypatch) == 0
    return {
        "card": version.description,
        "note": connect().get_run(version.run_id).data.tags["mlflow.note.content"],
        "compare": " ".join(capsys.readouterr().out.split()),
        "report": make_report(DIGITS).html,
        "picture": Path(connect().download_artifacts(version.run_id, "energy.svg")).read_text(),
    }


def test_ten_joules_against_180_estimated_and_then_against_50_measured(
    prefect: None, champion: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    for tag, value in NETWORK.items():
        connect().set_model_version_tag(DIGITS, "1", tag, str(value))
    add("first", FIRST)
    with monkeypatch.context() as patch:
        patch.setattr(Candidate, "spent", SPENT)
        state = retrain(dataset=DIGITS, return_state=True)
    done = state.result()
    assert (done.avoided.joules, done.avoided.within) == (170.0, (116.0, 590.0))
    assert logged() == [170.0, 116.0, 590.0]
    [entry] = [one for one in history_of(DIGITS) if one.version == 2]
    assert entry.avoided and (entry.avoided.joules, entry.avoided.within) == (170.0, (116.0, 590.0))
    capsys.readouterr()
    print_outcome(done, as_json=False)
    assert "avoided about 170 J (estimated: 116 to 590 J)" in capsys.readouterr().out
    assert "| avoided, estimated (116 to 590 J) | 170.0 |" in str(shown(state).artifacts["markdown"].data)
    found = texts(monkeypatch, capsys)
    assert "avoided, estimated (116 to 590 J)" in found["card"] and "170" in found["card"]
    assert "avoided about 170 J (estimated: 116 to 590 J)" in found["note"]
    assert "170 J (116 J to 590 J)" in found["compare"]
    assert '<td class="number">180 J (126 J to 600 J)</td>' in found["report"]
    assert '<td class="number">170 J (116 J to 590 J)</td>' in found["report"]
    assert "a network from scratch, estimated" in found["picture"] and "180 J" in found["picture"]

    with monkeypatch.context() as patch:
        patch.setattr(EnergyCost, "of", lambda _energy: BESIDE)
        run_baseline.fn(DIGITS, 2, Subject.CONVENTIONAL)
    assert logged() == [40.0, 40.0, 40.0]
    [entry] = [one for one in history_of(DIGITS) if one.version == 2]
    assert entry.avoided and (entry.avoided.joules, entry.avoided.within) == (40.0, None)
    found = texts(monkeypatch, capsys)
    assert "avoided, measured" in found["card"] and "estimated (" not in found["card"]
    assert "avoided 40 J (by a network trained beside it" in found["note"]
    assert "40 J, " in found["compare"] and "170 J" not in found["compare"]
    assert '<td class="number">50 J</td>' in found["report"]
    assert '<td class="number">40 J</td>' in found["report"]
    assert "from scratch</text>" in found["picture"] and "50 J" in found["picture"]
