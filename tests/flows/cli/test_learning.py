"""The options of the learning commands reach the flow's parameters."""

import pytest
from typer.testing import CliRunner

from flows.cli import learning
from tests.helpers.digits import DIGITS


def test_the_command_line_hands_window_names_and_dry_run_on(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, object] = {}
    monkeypatch.setattr("flows.inputs.learning.check_retraining", lambda dataset, request: None)
    monkeypatch.setattr(learning, "run", lambda flow, as_json, **parameters: given.update(parameters))
    window = ["--from", "2026-11-03", "--to", "2026-11-04T06:30", "--dry-run"]
    assert CliRunner().invoke(learning.commands, ["retrain", "-d", DIGITS, *window]).exit_code == 0
    asked = {name: given[name] for name in ("landed_from", "landed_to", "dry_run", "batches")}
    assert list(asked.values()) == ["2026-11-03", "2026-11-04T06:30", True, None]
    a, b, c, d = (letter * 16 for letter in "abcd")
    names = ["--batches", f"{a},{b}, {c}", "--batch", d]
    assert CliRunner().invoke(learning.commands, ["retrain", "-d", DIGITS, *names]).exit_code == 0
    assert (given["batches"], given["dry_run"]) == ([a, b, c, d], False)
