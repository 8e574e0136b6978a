"""What the command refuses: one line with cause and remedy, and a documented exit code."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest

from flows import cli
from tasks.core.constants import Alias
from tasks.data.batch_index import batches
from tasks.models import registry
from tests.helpers.command import Said, refusal
from tests.helpers.digits import BASE, DIGITS, FIRST, X, add, frame_file, source, y

pytestmark = pytest.mark.usefixtures("prefect")


def lines(name: str, *rows: str) -> Path:
    """A CSV file of these lines."""
    path = Path(os.environ["GREENLIGHTNING_HOME"]) / name
    path.write_text("\n".join(rows) + "\n")
    return path


def torn(path: Path) -> Path:
    path.write_bytes(path.read_bytes()[:3000])
    return path


def narrow() -> Path:
    path = source("narrow", FIRST)
    pd.read_parquet(path).drop(columns=["pixel_9"]).to_parquet(path)
    return path


UNREADABLE: dict[str, tuple[Callable[[], Path], str]] = {
    "missing file": (lambda: Path("nowhere.csv"), "nowhere.csv does not exist"),
    "markup in its name": (lambda: Path("[/bold].csv"), "[/bold].csv does not exist"),
    "empty file": (lambda: lines("empty.csv"), "empty.csv"),
    "header alone": (lambda: lines("header.csv", "a,b,label"), "header.csv has no rows"),
    "no label": (lambda: lines("plain.csv", "a,b", "1,2"), "no label column 'label'"),
    "missing column": (narrow, "narrow.parquet lacks column 'pixel_9'"),
    "text": (lambda: lines("text.csv", "a,label", "one,2"), "text.csv lacks columns 'pixel_0'"),
    "truncated parquet": (lambda: torn(source("torn", FIRST)), "torn.parquet cannot be read as Parquet"),
    "unknown format": (lambda: lines("data.xlsx", "?"), "data.xlsx cannot be read as Excel"),
}


@pytest.mark.parametrize("fault", UNREADABLE)
def test_a_file_that_cannot_be_read_is_refused_with_3(
    fault: str, champion: Path, say: Callable[..., Said]
) -> None:
    make, cause = UNREADABLE[fault]
    path = make()
    before = path.read_bytes() if path.is_file() else None
    said = say("ingest", path, "-d", DIGITS)
    line = refusal(said)
    assert said.code == 3
    assert cause in line
    assert line.endswith(".") and ". " in line
    assert before is None or path.read_bytes() == before
    assert len(batches(DIGITS)) == 1


def test_a_file_is_refused_before_prefect_is_imported(home: Path) -> None:
    path = lines("plain.csv", "a,b", "1,2")
    code = (
        "import sys, flows.cli\n"
        f"sys.argv = ['greenlightning', 'ingest', {str(path)!r}, '-d', 'd']\n"
        "try:\n    flows.cli.main()\nfinally:\n    print(*({'prefect', 'mlflow', 'torch'} & {*sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (3, "")
    assert "no label column" in done.stderr


def test_a_bad_file_among_several_exits_with_3_and_the_others_go_in(
    champion: Path, say: Callable[..., Said]
) -> None:
    bad = lines("bad.csv", "a,b", "1,2")
    said = say("ingest", source("first", FIRST), bad, "-d", DIGITS, "--json")
    assert said.code == 3
    assert said.json["reason"] == "1 of 2 files versioned, 1 of 2 files refused"
    assert "bad.csv has no label column" in said.json["refused"][0]
    assert len(batches(DIGITS)) == 2


def with_infinity() -> Path:
    inputs = X[FIRST].copy()
    inputs[7, 3] = np.inf
    return frame_file("holes", inputs, y[FIRST])


UNFIT: dict[str, tuple[Callable[[], Path], str]] = {
    "infinity": (with_infinity, "Infinite cells: 1, in columns 'pixel_3'"),
    "unknown label": (lambda: source("new", FIRST, y[FIRST] + 1), "Labels that the base does not know: 10"),
}


@pytest.mark.parametrize("fault", UNFIT)
def test_a_batch_that_fails_validation_is_kept_in_quarantine_and_exits_with_4(
    fault: str, champion: Path, say: Callable[..., Said]
) -> None:
    make, cause = UNFIT[fault]
    said = say("ingest", make(), "-d", DIGITS, "--json")
    assert (said.code, said.json["state"]) == (4, "Quarantined")
    [aside] = said.json["quarantined"]
    assert any(cause in reason for reason in aside["reasons"]), aside
    assert (champion / "data" / "quarantine" / DIGITS / aside["batch"] / f"{aside['batch']}.parquet").is_file()
    assert registry.version(DIGITS, Alias.CHAMPION).version == 1


def test_a_quarantined_batch_is_told_in_words_too(champion: Path, say: Callable[..., Said]) -> None:
    said = say("ingest", with_infinity(), "-d", DIGITS)
    told = " ".join(said.out.split())
    assert said.code == 4
    assert told.startswith("Quarantined digits: holes.parquet failed validation: Infinite cells: 1")
    assert "quarantined holes.parquet" in told


def test_a_base_of_one_class_is_no_base(home: Path, say: Callable[..., Said]) -> None:
    assert say("ingest", frame_file("ones", X[BASE], [1] * 500), "-d", "ones").code == 4
    said = say("train", "-d", "ones")
    assert (said.code, "Dataset 'ones' has no batch to train on" in refusal(said)) == (3, True)


REFUSED: dict[str, tuple[tuple[str, ...], int, str]] = {
    "no champion": (("retrain", "-d", "new"), 5, "Dataset 'new' has no champion yet. Run: greenlightning train"),
    "nothing served": (("rollback", "-d", "new", "--reason", "x"), 5, "Dataset 'new' has no champion yet"),
    "no data": (("train", "-d", "new"), 3, "Dataset 'new' has no batch to train on"),
    "unknown batch": (
        ("retrain", "-d", DIGITS, "--batch", "0123456789abcdef"),
        5,
        "has no batch 0123456789abcdef",
    ),
    "batch with ../": (("retrain", "-d", DIGITS, "--batch", "../x"), 3, "'../x' is not a batch id"),
    "forget ../": (("forget", "../../etc/passwd", "-d", DIGITS), 3, "'../../etc/passwd' is not a batch id"),
    "forget unknown": (("forget", "0123456789abcdef", "-d", DIGITS), 5, "has no batch 0123456789abcdef"),
    "dataset with ../": (("train", "-d", "../x"), 3, "dataset name '../x' is not allowed. Use 1 to 63 of"),
    "dataset ..": (("retrain", "-d", "a..b"), 3, "dataset name 'a..b' is not allowed"),
    "dataset of capitals": (
        ("rollback", "-d", "Digits", "--reason", "x"),
        3,
        "dataset name 'Digits' is not allowed",
    ),
    "empty dataset": (("train", "-d", ""), 3, "dataset name '' is not allowed"),
    "version unknown": (
        ("rollback", "-d", DIGITS, "--to", "9", "--reason", "x"),
        5,
        "Dataset 'digits' has no version 9",
    ),
    "site without file": (("federate", "-d", DIGITS, "--site", "north"), 3, "--site north names no file"),
    "site's file absent": (("federate", "-d", DIGITS, "--site", "north=x.csv"), 3, "x.csv does not exist"),
    "site with ../": (("federate", "-d", DIGITS, "--site", "../n=x.csv"), 3, "site name '../n' is not allowed"),
    "two of one name": (("federate", "-d", DIGITS, "--site", "n=a", "--site", "n=b"), 3, "have the same name"),
    "epochs beyond": (("train", "-d", DIGITS, "--max-epochs", "9999"), 3, "max_epochs: Input should be less"),
    "margin beyond": (("retrain", "-d", DIGITS, "--margin", "1"), 3, "margin: Input should be less than 1"),
    "device unknown": (("train", "-d", DIGITS, "--device", "gpu"), 3, "Parameter device: String should match"),
    "device unknown to retrain": (("retrain", "-d", DIGITS, "--device", "gpu"), 3, "Parameter device: String"),
    "no such device": (("retrain", "-d", DIGITS, "--device", "cuda:99"), 3, "No device cuda:99 is usable here"),
    "lineage of nothing": (("lineage", "../x", "-d", DIGITS), 3, "'../x' names no version or batch"),
    "lineage of no version": (("lineage", "77", "-d", DIGITS), 5, "Dataset 'digits' has no version 77"),
    "lineage of no batch": (("lineage", "0123456789abcdef", "-d", DIGITS), 5, "learnt batch 0123456789abcdef"),
    "lineage of no dataset": (("lineage", "-d", "new"), 5, "The workspace has no dataset 'new'"),
    "lineage of ../": (("lineage", "-d", "../x"), 3, "dataset name '../x' is not allowed"),
    "demo unknown": (("demo", "-d", "cats"), 3, "There is no demo on 'cats'. Choose one of digits"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_done_is_refused_in_one_line_with_its_code(
    case: str, champion: Path, say: Callable[..., Said]
) -> None:
    arguments, code, cause = REFUSED[case]
    said = say(*arguments)
    line = refusal(said)
    assert (said.code, cause in line) == (code, True), line
    assert line.count("\n") == 0 and line.endswith(".")
    assert [info.version for info in registry.versions(DIGITS)] == [1]


def test_an_error_is_json_where_json_was_asked_for(champion: Path, say: Callable[..., Said]) -> None:
    said = say("retrain", "-d", "new", "--json")
    assert said.code == 5
    assert said.json["exit_code"] == 5
    assert said.json["error"].startswith("Dataset 'new' has no champion yet")


def test_stored_bytes_without_their_digest_exit_with_6(champion: Path, say: Callable[..., Said]) -> None:
    add("first", FIRST)
    for file in (champion / "mlruns").rglob("statistics*.safetensors"):
        file.write_bytes(file.read_bytes()[:-1] + b"?")
    said = say("retrain", "-d", DIGITS)
    assert (said.code, "are missing or corrupt" in refusal(said)) == (6, True)
    assert registry.version(DIGITS, Alias.CHAMPION).version == 1


def test_lost_expectations_exit_with_6(champion: Path, say: Callable[..., Said]) -> None:
    for file in (champion / "mlruns").rglob("expectations.json"):
        file.unlink()
    said = say("retrain", "-d", DIGITS)
    assert (said.code, "The expectations of digits version 1 are missing or corrupt" in refusal(said)) == (6, True)


def test_the_unexpected_exits_with_1_and_debug_shows_where(
    champion: Path, say: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("the disk is on fire")

    monkeypatch.setattr("flows.console.status.print_status", broken)
    said = say("status")
    assert (said.code, said.err.splitlines()[0]) == (1, "error the disk is on fire")
    assert "--debug" in said.err and "Traceback" not in said.err
    with (
        pytest.raises(RuntimeError, match="on fire"),
        patch.object(sys, "argv", ["greenlightning", "--debug", "status"]),
    ):
        cli.main()
