"""A pointer keeps every value as text, also through DVC's own YAML, and no change of it passes unnoticed."""

from pathlib import Path
from typing import Any

import pytest
from dvc.utils.serialize import dumps_yaml, loads_yaml
from hypothesis import given
from hypothesis import strategies as st

from tasks.data.pointers.sealed import is_described, read_text, write_sealed

MD5 = "0b1d" * 8
LIKE_OTHER_THINGS = [
    "1e10",
    "12e4567890123456",
    "9749432815829631",
    "0000000000000001",
    "0b10101010101010",
    "0o17",
    "0x1f",
    "1_000",
    "190:20:30",
    "2026-01-31",
    "2026-01-31T12:00:00+00:00",
    "no",
    "null",
    "~",
    ".inf",
    "",
]


def content(value: str, md5: str = MD5) -> dict[str, Any]:
    """What a pointer says, with one value in several places."""
    outs = [{"md5": md5, "size": 12, "hash": "md5", "path": "a.parquet"}]
    about = {"rows": 10, "source": value, "landed_at": value, "expectations": value, "classes": "[0, 1]"}
    return {"outs": outs, "desc": value, "meta": about}


@pytest.mark.parametrize("value", LIKE_OTHER_THINGS)
def test_what_looks_like_a_number_or_a_date_stays_text_through_dvc(tmp_path: Path, value: str) -> None:
    pointer = tmp_path / "a.parquet.dvc"
    write_sealed(pointer, content(value, md5=value))
    seen_by_dvc = loads_yaml(pointer.read_text())
    assert [seen_by_dvc["meta"]["source"], seen_by_dvc["outs"][0]["md5"]] == [value, value]
    pointer.write_text(dumps_yaml(seen_by_dvc))
    found = read_text(pointer)
    assert [found["meta"][name] for name in ("source", "expectations")] == [value, value]
    assert found["outs"][0]["md5"] == value


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_any_text_comes_back(tmp_path_factory: pytest.TempPathFactory, value: str) -> None:
    pointer = tmp_path_factory.mktemp("p") / "a.parquet.dvc"
    write_sealed(pointer, content(value))
    assert read_text(pointer)["meta"]["source"] == value


def is_noticed(pointer: Path, spoilt: bytes, before: dict[str, Any]) -> bool:
    """Whether reading names the damage, or finds no description, or all that it said before."""
    pointer.write_bytes(spoilt)
    try:
        found = read_text(pointer)
    except (ValueError, LookupError, TypeError, AttributeError):
        return True
    return not is_described(found) or told(found) == told(before)


def told(content: dict[str, Any]) -> Any:
    return content["outs"], {name: value for name, value in content["meta"].items() if name != "seal"}


def test_each_flipped_bit_is_noticed_or_changes_nothing_that_is_read(tmp_path: Path) -> None:
    pointer = tmp_path / "a.parquet.dvc"
    write_sealed(pointer, content("a.csv"))
    whole, before = pointer.read_bytes(), read_text(pointer)
    for place in range(len(whole) * 8):
        flipped = bytearray(whole)
        flipped[place // 8] ^= 1 << place % 8
        assert is_noticed(pointer, bytes(flipped), before), (place, flipped)


def test_each_cut_is_noticed(tmp_path: Path) -> None:
    pointer = tmp_path / "a.parquet.dvc"
    write_sealed(pointer, content("a.csv") | {"meta": content("a.csv")["meta"] | {"event_to": "2026-01-31"}})
    whole, before = pointer.read_bytes(), read_text(pointer)
    for length in range(len(whole)):
        assert is_noticed(pointer, whole[:length], before), length
