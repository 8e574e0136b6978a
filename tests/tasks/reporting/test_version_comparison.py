"""Two versions compared: what they learnt, their structures, scores and energy."""

import json
from pathlib import Path

import pytest

from flows.versions.compare import compare
from tasks.core.constants import Alias, Kind
from tasks.core.settings import DECIDING
from tasks.reporting.version_comparison import compare_versions
from tests.helpers.command_line import greenlightning
from tests.helpers.digits import DIGITS, outcome


@pytest.mark.usefixtures("workspace")
def test_two_versions_share_the_base_and_the_structure_and_differ_in_what_they_learnt() -> None:
    found = compare_versions(DIGITS, 1, 2, DECIDING)
    assert (len(found.both), len(found.only_a), sorted(found.only_b.values())) == (1, 0, [200, 200])
    assert (found.a.rows, found.b.rows) == (400, 800)
    assert found.a.structure["structure"] == found.b.structure["structure"]
    assert found.a.structure["statistics"] != found.b.structure["statistics"]
    assert (found.a.made_by, found.b.made_by) == (Kind.TRAIN, Kind.RETRAIN)
    assert found.a.spent and found.b.spent and found.b.avoided and not found.a.avoided


@pytest.mark.usefixtures("workspace")
def test_the_paired_difference_is_that_of_the_accuracies_on_the_same_rows() -> None:
    found = compare_versions(DIGITS, Alias.PREVIOUS, Alias.CHAMPION, DECIDING)
    assert (found.a.version, found.b.version) == (3, 4)
    assert found.paired is not None
    assert found.paired.n == 100
    assert found.paired.difference == pytest.approx(found.differences()["accuracy"])
    assert "100 rows" in found.scored_on


@pytest.mark.usefixtures("workspace")
def test_a_version_compared_with_itself_does_not_differ() -> None:
    found = compare_versions(DIGITS, 2, 2, DECIDING)
    assert found.a == found.b
    assert set(found.differences().values()) == {0.0}
    assert (found.only_a, found.only_b, len(found.both)) == ({}, {}, 3)


def test_where_files_are_missing_the_logged_scores_are_compared(workspace: Path) -> None:
    before = compare_versions(DIGITS, 1, 2, DECIDING)
    for file in (workspace / "mlruns" / "artifacts" / DIGITS).rglob("statistics.safetensors"):
        file.unlink()
    after = compare_versions(DIGITS, 1, 2, DECIDING)
    assert after.paired is None
    assert "missing or corrupt" in after.unpaired
    assert after.differences() == pytest.approx(before.differences(), abs=2e-5)  # logged with five digits
    assert after.only_b.keys() == before.only_b.keys()


@pytest.mark.usefixtures("workspace")
def test_compare_prints_a_table_or_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert greenlightning("compare", "1", "champion", "--json", monkeypatch=monkeypatch) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["a"]["version"], found["b"]["version"], found["b"]["aliases"]) == (1, 4, ["champion"])
    assert found["differences"]["accuracy"] == pytest.approx(found["paired"]["difference"])
    assert len(found["batches"]["both"]) == 1
    assert greenlightning("compare", "1", "champion", monkeypatch=monkeypatch) == 0
    said = capsys.readouterr().out
    for row in ("accuracy", "batches both learnt", "structure", "spent", "avoided", "Only version 4 learnt"):
        assert row in said


@pytest.mark.usefixtures("workspace")
def test_a_comparison_from_the_dashboard_says_the_same_as_the_command_line() -> None:
    done, found = outcome(compare, dataset=DIGITS), compare_versions(DIGITS, 3, 4, DECIDING)
    assert done.state == "Compared" and found.paired
    assert done.reason == f"version 3 → version 4: {found.paired.on('the holdout')}"
    a, b = (side.scores["accuracy"] for side in (found.a, found.b))
    assert f"accuracy: {a:.4f} | {b:.4f} ({b - a:+.4f})" in done.notes
    refused = compare(dataset=DIGITS, a="newest", return_state=True)
    assert "'newest' names no version. Give a number" in str(refused.message)


@pytest.mark.usefixtures("workspace")
@pytest.mark.parametrize(("asked", "code"), [("7", 5), ("challenger", 5), ("newest", 3)])
def test_what_names_no_version_is_refused(
    asked: str, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert greenlightning("compare", "1", asked, monkeypatch=monkeypatch) == code
    assert asked in capsys.readouterr().err
