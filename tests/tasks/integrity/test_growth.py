"""What only grows is bounded: the newer half of large files stays in whole lines, old pages go."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tasks.integrity import growth
from tasks.integrity.growth import AGE, bound_growth


@pytest.fixture(autouse=True)
def small_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is too large from 101 bytes on."""
    monkeypatch.setattr(growth, "MOST", 100)


def lines(count: int) -> str:
    """Lines of ten bytes: ``line 0000``, ``line 0001``, …"""
    return "".join(f"line {number:04}\n" for number in range(count))


def aged(path: Path, days: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    then = datetime.now(UTC).timestamp() - days * 86400
    os.utime(path, (then, then))
    return path


def test_a_file_at_the_limit_is_left(home: Path) -> None:
    (home / "mlruns").mkdir()
    (home / "mlruns" / "openlineage.jsonl").write_text(lines(10))
    assert bound_growth() == []
    assert (home / "mlruns" / "openlineage.jsonl").read_text() == lines(10)


def test_of_a_larger_one_the_newer_half_stays_in_whole_lines(home: Path) -> None:
    """Of 200 bytes the last 50 begin at line 15, which may be cut: lines 16 to 19 stay."""
    (home / "mlruns").mkdir()
    (home / "mlruns" / "openlineage.jsonl").write_text(lines(20))
    assert len(bound_growth()) == 1
    assert (home / "mlruns" / "openlineage.jsonl").read_text() == lines(20)[160:]


def test_a_process_that_appends_to_a_log_goes_on_at_its_new_end(home: Path) -> None:
    (home / "logs").mkdir()
    with (home / "logs" / "worker.log").open("a") as log:
        log.write(lines(20))
        log.flush()
        assert len(bound_growth()) == 1
        log.write("next\n")
    assert (home / "logs" / "worker.log").read_text() == f"{lines(20)[160:]}next\n"


def test_old_details_and_old_kept_runs_go_and_the_page_of_a_batch_stays(home: Path) -> None:
    details = home / "data/docs/_gx/validations/digits-batch"
    old, new = aged(details / "batch-1", AGE.days + 1), aged(details / "batch-2", AGE.days - 1)
    page = aged(home / "data/docs/digits/1/validation.html", AGE.days + 1)
    run = aged(home / ".prefect/history/1.json", AGE.days + 1)
    assert len(bound_growth()) == 2
    assert (old.exists(), run.exists(), new.exists(), page.exists()) == (False, False, True, True)
