"""JSON gives a row for each record, with the types that it has."""

from pathlib import Path

import pytest

from tasks.data.readers.json_reader import read_json
from tests.helpers.source_files import by, refusal, text

read = by(read_json)
RECORDS = ('{"a": 1, "b": 0.1, "tame": true, "label": "x"}', '{"a": 2, "b": null, "tame": false, "label": null}')


@pytest.mark.parametrize("content", ["\n".join(RECORDS), f"[{','.join(RECORDS)}]", "\n\n".join(RECORDS) + "\n"])
def test_records_are_rows(content: str, tmp_path: Path) -> None:
    table = read(text("a.json", content)(tmp_path)).frame
    assert [dtype.kind for dtype in table.dtypes[["a", "b", "tame"]]] == ["i", "f", "b"]
    assert table["b"].iloc[0] == 0.1
    assert table["label"].isna().tolist() == [False, True]


def test_dates_stay_text(tmp_path: Path) -> None:
    table = read(text("a.json", '{"date": "2026-01-02", "label": "007"}')(tmp_path)).frame
    assert table.to_numpy().tolist() == [["2026-01-02", "007"]]


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        ('{"a": 1}\n{"a": \n', "Line 2 of a.json cannot be read as a JSON record (Expecting value"),
        ('{"a": 1}\n7\n', "Line 2 of a.json cannot be read as a JSON record (it is no record)"),
        ('[{"a": 1}', "a.json cannot be read as JSON records"),
        ('{"a": 1}\n{"a": [2]}\n', "Row 2, column 'a' of a.json holds a list or a record"),
        ('{"a": 1, " a": 2}', "a.json has several columns called 'a'"),
        ('[{"a": 1}, 7]', "Row 2 of a.json is no record"),
        ('\n{"a": 1}\n\n{"a": 18446744073709551616}', "Row 2, column 'a' of a.json: a number of 20 characters is"),
        (f'[{{"a": 1}}, {{"a": {"9" * 5000}}}]', "Row 2, column 'a' of a.json: a number of 5,000 characters is"),
        ('{"a": {"b": 1e400}}', "Row 1, column 'a.b' of a.json: a number of 5 characters is beyond the range"),
    ],
)
def test_what_is_no_record_is_refused_with_its_place(content: str, cause: str, tmp_path: Path) -> None:
    assert cause in refusal(read, text("a.json", content)(tmp_path))


def test_records_become_columns_of_their_fields_and_lists_are_left_out(tmp_path: Path) -> None:
    lines = (
        '{"a": {"x": 1, "y": {"z": 2.5}}, "tags": ["u"], "label": "x"}\n{"a": null, "tags": null, "label": "y"}'
    )
    table = read(text("a.json", lines)(tmp_path))
    assert list(table.frame.columns) == ["a.x", "a.y.z", "label"]
    assert table.frame["a.y.z"].fillna(-1).tolist() == [2.5, -1]
    assert table.notes == ("column 'tags' left out: the cells hold lists",)
