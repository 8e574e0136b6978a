"""Every column has a name of its own; the index that pandas or R writes is no column."""

from pathlib import Path

import pandas as pd
import pytest

from tasks.data.readers.header import checked_names, header_of, without_index
from tests.helpers.source_files import refusal

FILE = Path("folder") / "a.csv"


@pytest.mark.parametrize(
    ("names", "cause"),
    [
        (["a", " ", "label"], "Column 2 of a.csv has no name"),
        (["a", "b", "a ", "label"], "a.csv has several columns called 'a'"),
    ],
)
def test_a_header_in_doubt_is_refused(names: list[str], cause: str) -> None:
    assert cause in refusal(checked_names, FILE, names)


def test_blanks_around_a_name_are_no_part_of_it() -> None:
    assert checked_names(FILE, [" a", "b c "]) == ["a", "b c"]


@pytest.mark.parametrize(
    ("cells", "width", "trailing", "names"),
    [
        (["a", "label"], 2, False, ["a", "label"]),
        (["", "a", "label"], 3, False, [None, "a", "label"]),
        (["a", "label"], 3, False, [None, "a", "label"]),
        (["a", "label"], 3, True, ["a", "label", None]),
        (["a", "label", ""], 3, True, ["a", "label", None]),
        (["2019", "2020", "2021"], 3, False, ["2019", "2020", "2021"]),
    ],
    ids=["plain", "pandas", "R", "rows end in a separator", "lines end in a separator", "years"],
)
def test_a_nameless_column_at_either_end_is_left_out(
    cells: list[str], width: int, trailing: bool, names: list[str | None]
) -> None:
    assert header_of(FILE, cells, width, trailing)[0] == names


@pytest.mark.parametrize("cells", [["5", "3", "5"], ["5.1", "3.5", "cat"]])
def test_a_sample_is_no_header(cells: list[str]) -> None:
    assert "holds numbers, not names" in refusal(header_of, FILE, cells, 3, False)


@pytest.mark.parametrize(
    ("columns", "kept"),
    [
        ({"index": [7, 8, 9], "a": [1, 1, 1]}, ["a"]),
        ({"Unnamed: 0": ["r1", "r2", "r3"], "a": [1, 1, 1]}, ["a"]),
        ({"Unnamed: 0.1": [0, 1, 2], "Unnamed: 0": [4, 5, 6], "a": [1, 1, 1]}, ["a"]),
        ({"index": [7, 9, 8], "a": [1, 1, 1]}, ["index", "a"]),
        ({"a": [1, 1, 1], "index": [7, 8, 9]}, ["a", "index"]),
        ({"a": [1, 1, 1], "Unnamed: 4": [3, 3, 3]}, ["a", "Unnamed: 4"]),
        ({"index": [7, 8, 9]}, ["index"]),
    ],
)
def test_a_column_that_only_counts_rows_is_left_out_with_a_note(
    columns: dict[str, list[object]], kept: list[str]
) -> None:
    frame, notes = without_index(pd.DataFrame(columns))
    assert list(frame.columns) == kept
    assert len(notes) == len(columns) - len(kept)
    assert all("index=False" in note for note in notes)


def test_the_label_column_is_never_left_out() -> None:
    frame = pd.DataFrame({"index": [0, 1, 2], "a": [1, 1, 1]})
    assert list(without_index(frame, ("index",))[0].columns) == ["index", "a"]
