"""Outcomes on the terminal."""

import json

import pytest
from rich.console import Console

from flows.console import outcome_text
from flows.console.outcome_text import print_outcome
from flows.engine.outcome import Outcome
from greenlightning.evaluation.prequential import Prequential
from tasks.core.energy_cost import EnergyCost
from tasks.quarantine.records import QuarantinedBatch

OUTCOME = Outcome(
    state="Promoted",
    dataset="digits",
    reason="better [by far]",
    version=2,
    learnt={"ab" * 8: 1200},
    scores={"accuracy": 0.93},
    predicted=Prequential(200, {"accuracy": 0.75}, {"accuracy": 0.75}, 200),
    prequential=Prequential(800, {"accuracy": 0.825}, {"accuracy": 0.8}, 700),
    spent=EnergyCost(1.5, 2.25, 0.1, "measured:rapl"),
    notes=("a [note]",),
    quarantined=(QuarantinedBatch(batch="cd" * 8, source="b.csv", reasons=("no rows", "no label")),),
)


def test_an_outcome_is_printed_in_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(outcome_text, "out", Console(width=200))
    print_outcome(OUTCOME, as_json=False)
    assert capsys.readouterr().out.splitlines() == [
        "Promoted digits v2: better [by far]",
        "  with all new rows learnt: accuracy 0.9300",
        "  prequential accuracy 0.7500 on 200 new rows, predicted before learning; "
        "accuracy 0.8250 over 800 rows so far, recently accuracy 0.8000",
        "  learnt 1,200 rows in 1 batch",
        "  spent on learning and evaluating 1.50 s, 2.25 J, 6.25e-07 kWh, 0.1 g CO2e "
        "(measured by processor counters)",
        "  note a [note]",
        "  quarantined b.csv (cdcdcdcdcdcdcdcd): no rows; no label",
        "  look: greenlightning quarantine show cdcdcdcdcdcdcdcd --dataset digits",
        "  then: greenlightning quarantine accept cdcdcdcdcdcdcdcd --dataset digits --reason WHY (or discard)",
    ]


def test_what_nothing_can_learn_is_to_be_mended_not_accepted(capsys: pytest.CaptureFixture[str]) -> None:
    held = OUTCOME.quarantined[0].model_copy(update={"unlearnable": "2 infinite cells: leave them empty"})
    print_outcome(OUTCOME.model_copy(update={"quarantined": (held,)}), as_json=False)
    said = " ".join(capsys.readouterr().out.split())
    assert "then: mend b.csv (2 infinite cells: leave them empty), and ingest it again" in said
    assert "quarantine discard cdcdcdcdcdcdcdcd" in said
    assert "accept" not in said


def test_a_run_that_cost_more_than_training_anew_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    small = OUTCOME.model_copy(update={"avoided": EnergyCost(-0.1, -0.2, 0.0, "estimated:rows")})
    print_outcome(small, as_json=False)
    said = " ".join(capsys.readouterr().out.split())
    assert "cost 0.2 J more than training from scratch would have (estimated:rows)" in said
    assert "-0.2" not in said


def test_a_challenger_that_lost_is_said_not_to_serve(capsys: pytest.CaptureFixture[str]) -> None:
    lost = Outcome(
        state="Kept", dataset="digits", reason="champion kept: accuracy more than 0.01 worse", version=3
    )
    print_outcome(lost, as_json=False)
    assert capsys.readouterr().out == "Kept digits v3, not served: accuracy more than 0.01 worse\n"


def test_as_json_an_outcome_is_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    print_outcome(OUTCOME, as_json=True)
    found = json.loads(capsys.readouterr().out)
    assert (found["state"], found["version"], found["scores"]) == ("Promoted", 2, {"accuracy": 0.93})


def test_a_fault_is_said_once(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(outcome_text, "out", Console(width=200))
    fault = "2 of 9 rows have no label: fill it in"
    held = QuarantinedBatch(batch="cd" * 8, source="b.csv", reasons=(fault,), unlearnable=fault)
    reason = f"b.csv failed validation: {fault}"
    outcome = Outcome(state="Quarantined", dataset="digits", reason=reason, quarantined=(held,), notes=(fault,))
    print_outcome(outcome, as_json=False)
    assert capsys.readouterr().out.splitlines() == [
        f"Quarantined digits: {reason}",
        "  quarantined b.csv (cdcdcdcdcdcdcdcd)",
        "  look: greenlightning quarantine show cdcdcdcdcdcdcdcd --dataset digits",
        "  then: mend b.csv, and ingest it again",
        "        greenlightning quarantine discard cdcdcdcdcdcdcdcd --dataset digits --reason WHY",
    ]
