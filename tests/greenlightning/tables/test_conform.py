"""The same values give the same table and the same name, however a file writes them."""

import numpy as np
import pandas as pd
import pytest

from greenlightning.errors import InputError
from greenlightning.tables import ConformedTable, Kind, concatenated, conform, infer_schema
from greenlightning.tables.identity import table_fingerprints, table_id

BASE = pd.DataFrame(
    {
        "n": [1.0, 2.5, None] * 10,
        "flag": [True, False, True] * 10,
        "code": ["1", "2", "x"] * 10,
        "day": pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03"] * 10),
        "label": [1, 2, 3] * 10,
    }
)
SCHEMA = infer_schema(BASE)


def named(table: ConformedTable) -> str:
    return table_id(table.frame, table.y)


@pytest.mark.parametrize(
    "column",
    [
        {"n": ["1.0", " 2.5 ", "NA"] * 10},
        {"n": [1, 2.5, None] * 10},
        {"flag": ["true", "FALSE", "True"] * 10},
        {"flag": ["yes", "no", "YES"] * 10},
        {"flag": [1, 0, 1] * 10},
        {"code": ["1.0", " 2 ", "x"] * 10},
        {"code": pd.Categorical(["1", "2", "x"] * 10)},
        {"code": [1, 2.0, "x"] * 10},
        {"day": ["2024-01-01", "2024-01-02 00:00:00", "2024-01-03T00:00:00Z"] * 10},
        {"day": pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03"] * 10).date},
        {"label": ["1", "2.0", 3] * 10},
    ],
    ids=str,
)
def test_other_ways_to_write_the_same_values_give_the_same_name(column: dict[str, object]) -> None:
    assert named(conform(BASE.assign(**column), SCHEMA)) == named(conform(BASE, SCHEMA))


@pytest.mark.parametrize("column", ["n", "flag", "code", "day", "label"])
def test_another_value_gives_another_name(column: str) -> None:
    changed = BASE.copy()
    changed.loc[0, column] = BASE.loc[1, column]
    assert named(conform(changed, SCHEMA)) != named(conform(BASE, SCHEMA))


def test_columns_are_matched_by_name_and_put_in_order() -> None:
    table = conform(BASE[BASE.columns[::-1]], SCHEMA)
    assert named(table) == named(conform(BASE, SCHEMA))
    assert table.notes == ("columns put in the order of the schema",)


def test_an_extra_column_is_left_out_with_a_note_or_refused() -> None:
    more = BASE.assign(new=1)
    assert conform(more, SCHEMA).notes == ("column 'new' left out: the schema does not know it",)
    with pytest.raises(InputError, match="column 'new', which the schema does not know"):
        conform(more, SCHEMA, extra="refuse")


def test_a_missing_column_is_named() -> None:
    with pytest.raises(InputError, match=r"days\.csv lacks column 'code'"):
        conform(BASE.drop(columns="code"), SCHEMA, source="days.csv")
    with pytest.raises(InputError, match="column 'kode' of it the schema does not know; if only the name changed"):
        conform(BASE.rename(columns={"code": "kode"}), SCHEMA, source="days.csv")


@pytest.mark.parametrize(
    ("column", "cell", "wanted"),
    [
        ("n", "1,5", "a number"),
        ("n", "1_000", "a number"),
        ("flag", "maybe", "true or false"),
        ("day", "soon", "a date"),
    ],
)
def test_a_cell_that_cannot_be_read_is_named_by_row_and_column(column: str, cell: str, wanted: str) -> None:
    wrong = BASE.astype({column: object})
    wrong.loc[4, column] = cell
    with pytest.raises(InputError, match=f"Row 5, column '{column}' of days.csv holds '{cell}', not {wanted}"):
        conform(wrong, SCHEMA, source="days.csv")


def test_a_file_may_write_its_dates_in_another_format_than_the_base() -> None:
    frame = pd.DataFrame({"day": ["2024-01-31", "2024-02-01"] * 10, "label": ["a", "b"] * 10})
    schema = infer_schema(frame)
    german = frame.assign(day=["31.01.2024", "01.02.2024"] * 10)
    assert named(conform(german, schema)) == named(conform(frame, schema))


def test_codes_written_as_booleans_get_the_code_that_the_base_has() -> None:
    frame = pd.DataFrame({"code": [0, 1] * 10, "x": range(20), "label": ["a", "b"] * 10})
    schema = infer_schema(frame, categorical=["code"])
    assert conform(frame.assign(code=[False, True] * 10), schema).frame.equals(conform(frame, schema).frame)


@pytest.mark.parametrize(
    ("known", "later"),
    [([1, 0], [True, False]), ([True, False], [1, 0]), ([True, False], ["true", "False"]), (["7", "x"], [7, "x"])],
    ids=str,
)
def test_labels_take_the_type_of_those_known(known: list[object], later: list[object]) -> None:
    frame = pd.DataFrame({"x": [1.0, 2.0] * 10, "label": known * 10})
    schema = infer_schema(frame)
    assert conform(frame.assign(label=later * 10), schema).y.tolist() == conform(frame, schema).y.tolist()


def test_labels_that_differ_by_case_or_blanks_are_pointed_out() -> None:
    frame = pd.DataFrame({"x": range(4), "label": ["Cat", "cat ", "dog", "Dog"]})
    assert conform(frame, infer_schema(frame)).notes == (
        "labels 'Cat' and 'cat' differ by case or blanks only",
        "labels 'Dog' and 'dog' differ by case or blanks only",
    )


def test_a_table_without_labels_has_none() -> None:
    assert conform(BASE.drop(columns="label"), SCHEMA).y is None


def test_rows_are_named_by_their_values_whatever_batch_they_come_in() -> None:
    whole = conform(BASE, SCHEMA)
    part = conform(BASE.iloc[3:6], SCHEMA)
    names = table_fingerprints(whole.frame, whole.y)
    assert (table_fingerprints(part.frame, part.y) == names[3:6]).all()
    assert len(set(names)) == 3


def test_ignored_columns_change_nothing() -> None:
    schema = SCHEMA.declaring(Kind.IGNORED, ["code"])
    assert "code" not in conform(BASE, schema).frame
    assert named(conform(BASE.drop(columns="code"), schema)) == named(conform(BASE, schema))


def test_a_column_declared_otherwise_between_two_batches_is_text_in_both_together() -> None:
    before = pd.DataFrame({"client": [1000.0, np.nan], "place": pd.Categorical(["a", "b"])})
    after = pd.DataFrame({"client": pd.Series(["1002", "x"], dtype="str"), "place": pd.Categorical(["c", "a"])})
    both = concatenated([before, after])
    assert both["client"].tolist()[::2] == ["1000", "1002"] and both["client"].isna().tolist() == [0, 1, 0, 0]
    assert both["place"].tolist() == ["a", "b", "c", "a"]
