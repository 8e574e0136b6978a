"""Batches are listed from their pointers alone; a damaged or missing pointer is named, never left out."""

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from greenlightning.data.labels import Label
from greenlightning.errors import InputError, IntegrityError, NothingServedError
from tasks.data import batch_index
from tasks.data.batch_index import (
    BatchRef,
    batch_path,
    batch_ref,
    batches,
    datasets,
    pointer_path,
    read_pointer,
    survey,
)

FIRST, SECOND = "a" * 16, "b" * 16
NOON = "2026-01-31T12:00:00+00:00"


def content(landed_at: str = NOON, classes: str = "[0, 1]") -> dict[str, Any]:
    """What a pointer says: DVC's part and ours."""
    meta = {"rows": 10, "source": "a.csv", "landed_at": landed_at, "expectations": "e" * 64, "classes": classes}
    return {"outs": [{"md5": "5" * 32, "path": "a.parquet"}], "desc": "ten rows", "meta": meta}


def pointed(batch_id: str, **changes: str) -> Path:
    """Write the pointer of a batch of the dataset ``d``, as DVC would."""
    pointer = pointer_path("d", batch_id)
    pointer.parent.mkdir(parents=True, exist_ok=True)
    pointer.write_text(yaml.safe_dump(content(**changes)))
    return pointer


def test_a_pointer_says_all_there_is_to_know_of_a_batch() -> None:
    pointed(FIRST)
    assert batch_ref("d", FIRST) == BatchRef(
        dataset="d",
        id=FIRST,
        md5="5" * 32,
        rows=10,
        landed_at=NOON,
        source="a.csv",
        expectations="e" * 64,
        classes=(0, 1),
    )


def test_a_pointer_that_changed_is_read_anew_though_its_size_and_times_are_as_before() -> None:
    pointer = pointed(FIRST)
    times = pointer.stat()
    assert batch_ref("d", FIRST).source == "a.csv"
    pointer.write_text(pointer.read_text().replace("a.csv", "b.csv"))
    os.utime(pointer, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert batch_ref("d", FIRST).source == "b.csv"


@pytest.mark.parametrize(
    ("classes", "expected"),
    [
        ('["no", "yes"]', ("no", "yes")),
        ("[true, false]", (True, False)),
        ("[1, 2]", (1, 2)),
        ("[1.0, 2.5]", (1.0, 2.5)),
    ],
)
def test_classes_keep_their_type(classes: str, expected: tuple[Label, ...]) -> None:
    pointed(FIRST, classes=classes)
    found = batch_ref("d", FIRST).classes
    assert found == expected
    assert [type(label) for label in found] == [type(label) for label in expected]


def test_batches_are_listed_as_they_landed_and_by_id_where_they_landed_together() -> None:
    assert batches("d") == []
    pointed(FIRST, landed_at="2026-01-31T12:00:01+00:00")
    together = [digit * 16 for digit in "735192864f"]
    for batch_id in together:
        pointed(batch_id)
    assert [ref.id for ref in batches("d")] == [*sorted(together), FIRST]
    assert batches("other") == []


@pytest.mark.parametrize("lost", ["outs", "rows", "source", "landed_at", "expectations", "classes"])
def test_a_pointer_without_one_of_its_fields_is_damaged(lost: str) -> None:
    pointer = pointed(FIRST)
    written = content()
    written.pop(lost, None)
    written["meta"].pop(lost, None)
    pointer.write_text(yaml.safe_dump(written))
    with pytest.raises(IntegrityError, match="damaged or missing"):
        read_pointer(pointer, "d")


def test_a_pointer_that_is_written_while_the_folder_is_read_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process versions the batch: its pointer comes, and it no longer waits."""
    pointer = pointed(FIRST)
    (pointer.with_suffix("")).touch()
    listed = batch_index._listed

    def before(folder: Path) -> dict[str, Any]:
        return {name: entry for name, entry in listed(folder).items() if name != pointer.name}

    monkeypatch.setattr(batch_index, "_listed", before)
    found, damaged = survey("d")
    assert ([ref.id for ref in found], damaged) == ([FIRST], [])


def test_a_pointer_that_changed_is_read_again() -> None:
    pointer = pointed(FIRST)
    assert read_pointer(pointer, "d")
    pointer.write_bytes(b"x" * pointer.stat().st_size)
    with pytest.raises(IntegrityError):
        read_pointer(pointer, "d")


@pytest.mark.parametrize("text", ["outs: [", "", "outs:\n- md", "3", yaml.safe_dump({"outs": []})])
def test_a_damaged_pointer_is_named_and_the_others_are_still_there(text: str) -> None:
    pointed(FIRST).write_text(text)
    pointed(SECOND)
    named = f"The pointer {FIRST}.parquet.dvc of dataset 'd' is damaged or missing.*doctor --fix"
    for listing in (lambda: batches("d"), lambda: batch_ref("d", FIRST)):
        with pytest.raises(IntegrityError, match=named):
            listing()
    assert [ref.id for ref in survey("d")[0]] == [SECOND]
    assert batch_ref("d", SECOND).rows == 10


@pytest.mark.parametrize("text", ["outs: [", yaml.safe_dump({"outs": []})])
def test_a_pointer_whose_batch_still_waits_is_unfinished(home: Path, text: str) -> None:
    pointed(FIRST).write_text(text)
    waiting = home / "data" / "incoming" / "d" / f"{FIRST}.parquet"
    waiting.parent.mkdir(parents=True)
    waiting.touch()
    assert batches("d") == []


@pytest.mark.parametrize("witness", [".parquet", ".parquet.dvc.damaged"])
def test_a_missing_pointer_is_told_by_what_lies_beside_it(witness: str) -> None:
    pointer = pointed(FIRST)
    pointer.rename(pointer.with_name(f"{FIRST}{witness}"))
    with pytest.raises(IntegrityError, match=f"{FIRST}.parquet.dvc of dataset 'd' is damaged or missing"):
        batches("d")


@pytest.mark.parametrize("classes", ["[0, ", '{"a": 1}', "null", "[[0]]"])
def test_a_pointer_with_damaged_classes_is_named(classes: str) -> None:
    pointed(FIRST, classes=classes)
    with pytest.raises(IntegrityError, match="damaged or missing"):
        batches("d")


def test_an_unknown_batch_is_named() -> None:
    pointed(FIRST)
    with pytest.raises(NothingServedError, match=f"The dataset 'd' has no batch {SECOND}"):
        batch_ref("d", SECOND)


@pytest.mark.parametrize("batch_id", ["../x", "", "A" * 16, "a" * 15, "a" * 17, "a" * 16 + "\n", "/etc/passwd"])
@pytest.mark.parametrize("find", [batch_ref, batch_path, pointer_path])
def test_only_sixteen_hex_digits_name_a_file(find: Any, batch_id: str) -> None:
    with pytest.raises(InputError, match="is not a batch id"):
        find("d", batch_id)


def test_the_data_and_its_pointer_lie_side_by_side(home: Path) -> None:
    folder = home / "data" / "batches" / "d"
    assert batch_path("d", FIRST) == folder / f"{FIRST}.parquet"
    assert pointer_path("d", FIRST) == folder / f"{FIRST}.parquet.dvc"


def test_datasets_are_those_with_batches_or_files_waiting_without_the_holdouts(home: Path) -> None:
    assert datasets() == []
    for place in ("batches/b", "incoming/c", "quarantine/a", "quarantine/b", "batches/b.holdout", "other/e"):
        (home / "data" / place).mkdir(parents=True)
    (home / "data" / "batches" / "file").touch()
    assert datasets() == ["a", "b", "c"]
