"""The first file shows what each column holds, and whether the label is a class or a quantity."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_diabetes

from greenlightning.errors import InputError
from greenlightning.tables import Kind, TableSchema, conform, infer_schema
from greenlightning.tables.identity import table_id

ROWS = 40


def table(**columns: object) -> pd.DataFrame:
    return pd.DataFrame({**columns, "label": ["a", "b"] * (ROWS // 2)})


def test_a_column_that_mixes_formats_of_dates_says_so_and_other_text_does_not() -> None:
    days = ["2024-01-31", "01/02/2024"] * 20
    when, city = infer_schema(table(when=days, city=["Rome", "12:30"] * 8 + ["Oslo"] * 24)).columns
    assert when.reason == (
        "text with 2 different values; not read as dates: most are dates like 2024-01-31 (ISO 8601), "
        "and '01/02/2024' is not"
    )
    assert city.reason == "text with 3 different values"


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ([1.5, 2.0] * 20, Kind.NUMERIC),
        ([1, 0] * 20, Kind.NUMERIC),
        ([" 2.5", "?"] * 20, Kind.NUMERIC),
        (pd.to_timedelta([1, 2] * 20, unit="s"), Kind.NUMERIC),
        ([True, False] * 20, Kind.BOOLEAN),
        (["yes", "No"] * 20, Kind.BOOLEAN),
        (["Paris", None] * 20, Kind.CATEGORICAL),
        (["01234", "04567"] * 20, Kind.CATEGORICAL),
        (pd.Categorical([1, 2] * 20), Kind.CATEGORICAL),
        (["2024-02-30T10:00", "2024-02-28"] * 20, Kind.CATEGORICAL),
        (["31.12.2024", "01.01.2025"] * 20, Kind.DATETIME),
        (["2024-01-01 10:00:00", "2024-01-02"] * 20, Kind.DATETIME),
        (pd.date_range("2024", periods=ROWS, tz="Europe/Paris"), Kind.DATETIME),
        ([f"row {i}" for i in range(ROWS)], Kind.IDENTIFIER),
        ([f"text {i // 1.5}" for i in range(ROWS)], Kind.IGNORED),
        ([None] * ROWS, Kind.IGNORED),
        ([["a"], ["b"]] * 20, Kind.IGNORED),
    ],
    ids=str,
)
def test_the_cells_of_a_column_show_its_kind(cells: object, kind: Kind) -> None:
    schema = infer_schema(table(c=cells, other=range(ROWS)))
    assert schema.columns[0].kind is kind


def test_a_column_of_numbers_named_like_an_identifier_is_one_where_no_number_repeats() -> None:
    schema = infer_schema(table(customer_id=range(ROWS), store_id=[1, 2] * 20, x=range(ROWS)))
    assert schema.of_kind(Kind.IDENTIFIER) == ("customer_id",)
    assert schema.identifier == "customer_id"
    assert schema.features == ("store_id", "x")


@pytest.mark.parametrize(
    ("labels", "task"),
    [
        (["yes", "no"] * 50, "classification"),
        ([True, False] * 50, "classification"),
        ([*range(26)] * 4, "classification"),
        ([1.5, 2.5] * 50, "classification"),
        (np.linspace(0, 1, 100), "regression"),
        (range(100), "regression"),
        (["1.25", "2.5", *map(str, np.linspace(0, 1, 98))], "regression"),
    ],
)
def test_the_labels_show_the_task(labels: object, task: str) -> None:
    frame = pd.DataFrame({"label": labels})
    frame["x"] = range(len(frame))
    assert infer_schema(frame).task == task


def test_the_reason_of_the_task_is_what_was_seen() -> None:
    schema = infer_schema(load_diabetes(as_frame=True).frame, label="target")
    assert (schema.task, schema.task_reason) == ("regression", "214 different numbers in 442 rows")


def test_declared_kinds_win() -> None:
    frame = table(code=[1, 2] * 20, junk=range(ROWS), key=["k"] * ROWS, day=pd.date_range("2024", periods=ROWS))
    schema = infer_schema(frame, categorical=["code"], ignore=["junk"], identifiers=["key"], time="day")
    assert [str(column.kind) for column in schema.columns] == ["categorical", "ignored", "identifier", "datetime"]
    assert schema.columns[0].categories == ("1", "2")
    assert schema.time == "day"


def test_a_column_that_is_declared_and_not_there_is_named() -> None:
    with pytest.raises(InputError, match="no column 'cityy'"):
        infer_schema(table(city=["Rome"] * ROWS), ignore=["cityy"])
    with pytest.raises(InputError, match=r"no label column 'target' \(its columns: city, label"):
        infer_schema(table(city=["Rome"] * ROWS), label="target")


def test_a_schema_survives_its_dictionary_form() -> None:
    schema = infer_schema(table(city=["Rome", "Paris"] * 20, day=["31.12.2024"] * ROWS), time="day")
    assert TableSchema.from_dict(schema.to_dict()) == schema


def test_an_edited_schema_with_an_unknown_kind_is_refused_in_one_line() -> None:
    content = infer_schema(table(city=["Rome", "Paris"] * 20)).to_dict()
    content["columns"][0]["kind"] = "text"
    with pytest.raises(InputError, match="column 'city' has the unknown kind 'text'"):
        TableSchema.from_dict(content)


@pytest.mark.parametrize("form", [np.int64, object, str])
def test_codes_that_float64_would_merge_are_no_quantity(form: Any) -> None:
    codes = pd.Series([2**60 + code % 5 for code in range(40)], name="code").astype(form)
    schema = infer_schema(pd.DataFrame({"code": codes, "size": [3.5, 1.5] * 20}), label=None)
    assert schema.columns[0].kind is Kind.CATEGORICAL
    more = pd.DataFrame({"code": codes.map(lambda code: type(code)(int(code) + 1)), "size": [3.5, 1.5] * 20})
    names = {table_id(conform(one, schema).frame, None) for one in (more, more.assign(code=codes))}
    assert len(names) == 2


def test_moments_in_nanoseconds_stay_numbers() -> None:
    moments = pd.Series(1_700_000_000_000_000_000 + 60_000_000_000 * np.arange(40), name="at")
    assert infer_schema(moments.to_frame(), label=None).columns[0].kind is Kind.NUMERIC
