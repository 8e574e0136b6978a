"""The same values give the same bits, whatever type, order in memory or file they come in."""

import datetime
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from greenlightning import GreenLightningClassifier
from greenlightning.structure.extraction import share_unit
from greenlightning.tables import TableEncoder, conform, infer_schema
from greenlightning.tables.schema import Kind

ROWS, MORE = 84, 30
Cells = pd.Series
Form = Callable[[Cells], Cells]
quickly = settings(max_examples=60, derandomize=True, database=None)
single = st.just(np.nan) | st.floats(width=32, allow_nan=False, allow_infinity=False)


def table(seed: int, rows: int) -> NDArray[np.float64]:
    """A plain column, a heavy-tailed one and whole numbers, a tenth missing, each cell a float32 number."""
    rng = np.random.default_rng(seed)
    cells = np.column_stack(
        [rng.normal(size=rows), np.exp(3 * rng.normal(size=rows)), rng.integers(99, size=rows)]
    )
    return np.where(rng.random(cells.shape) < 0.1, np.nan, cells.astype(np.float32).astype(np.float64))


def learnt(base: Any, more: Any) -> list[str]:
    """Digests of structure, recipe and statistics, names of the batches, and the first score, of a small model."""
    model = GreenLightningClassifier(hidden_layer_sizes=(8,), max_epochs=2, random_state=0)
    model.fit(base, np.arange(len(base)) % 3).partial_fit(more, np.arange(len(more)) % 3)
    found = model.model_
    digests = [found.structure.digest, found.paths.digest, found.statistics.digest]
    return [*digests, *found.ledger, repr(model.decision_function(more)[0, 0])]


@cache
def arrays_as_float64() -> list[str]:
    return learnt(table(0, ROWS), table(1, MORE))


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.longdouble, object])
def test_type_and_order_in_memory_of_an_array_do_not_matter(dtype: Any, order: Any) -> None:
    base, more = (np.array(table(seed, rows), dtype=dtype, order=order) for seed, rows in ((0, ROWS), (1, MORE)))
    assert learnt(base, table(1, MORE)) == arrays_as_float64()
    assert learnt(table(0, ROWS), more) == arrays_as_float64()


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int64, np.float16, np.float32])
def test_whole_numbers_are_alike_in_every_type(dtype: Any) -> None:
    base, more = (np.random.default_rng(seed).integers(0, 99, (60, 4)) for seed in (0, 1))
    as_floats = learnt(base.astype(np.float64), more.astype(np.float64))
    assert learnt(base.astype(dtype), more.astype(dtype)) == as_floats


@quickly
@given(cells=st.lists(st.tuples(single, single), min_size=1, max_size=20))
def test_a_float32_frame_is_encoded_like_a_float64_frame(cells: list[tuple[float, float]]) -> None:
    base = pd.DataFrame(table(0, ROWS)[:, :2], columns=["plain", "heavy"])
    schema = infer_schema(base, label=None)
    encoder = TableEncoder.fit(base, schema)
    assert not np.isnan(encoder.numbers.knots[1]).any()
    assert (encoder.numbers.fill != encoder.numbers.fill.astype(np.float32)).all()
    frame = pd.DataFrame(cells, columns=["plain", "heavy"], dtype=np.float64)
    wide, narrow = (encoder.transform(frame.astype(dtype)).astype(np.float64) for dtype in (float, np.float32))
    assert np.array_equal(wide.view(np.uint64), narrow.view(np.uint64))


def test_a_complete_plain_float32_frame_stays_float32() -> None:
    frame = pd.DataFrame({"a": np.arange(5, dtype=np.float32)})
    assert TableEncoder.fit(frame, infer_schema(frame, label=None)).transform(frame).dtype == np.float32


def test_spans_are_compared_without_rounding() -> None:
    """0.5 less -0.49999997 is below half of 2; float32 would round it up to 1."""
    narrow = np.array([[-0.49999997, 0.0], [0.5, 2.0]], dtype=np.float32)
    assert not share_unit(narrow.astype(np.float64))
    assert not share_unit(narrow)


def gaps(cells: Cells, seed: int) -> Cells:
    cells = cells.astype(object)
    cells[np.random.default_rng(seed).random(len(cells)) < 0.15] = None
    return cells


def booleans(seed: int, rows: int) -> Cells:
    return gaps(pd.Series(np.random.default_rng(seed).random(rows) < 0.5), seed)


def words(seed: int, rows: int) -> Cells:
    return gaps(pd.Series(np.random.default_rng(seed).choice(["Rome", "Oslo", "true", "1"], rows)), seed)


def days(seed: int, rows: int) -> Cells:
    numbers = np.random.default_rng(seed).integers(0, 900, rows)
    return gaps(pd.Series([datetime.date(2024, 1, 1) + datetime.timedelta(int(n)) for n in numbers]), seed)


def moments(seed: int, rows: int) -> Cells:
    seconds = pd.to_timedelta(np.random.default_rng(seed).integers(0, 9_000_000, rows), unit="s")
    cells = pd.Series(pd.Timestamp("2024-01-01") + seconds)
    cells[np.random.default_rng(seed).random(rows) < 0.15] = pd.NaT
    return cells


def durations(seed: int, rows: int) -> Cells:
    return moments(seed, rows) - pd.Timestamp("2024-01-01")


def numbers(seed: int, rows: int) -> Cells:
    return pd.Series(np.random.default_rng(seed).permutation(5 * rows)[:rows])


def of(dtype: Any) -> Form:
    return lambda cells: cells.astype(dtype)


def arrow(kind: pa.DataType) -> Form:
    return of(pd.ArrowDtype(kind))


def spelt(cells: Cells) -> Cells:
    return cells.map(str, na_action="ignore")


def backwards(cells: Cells) -> Cells:
    return cells.astype(pd.CategoricalDtype([*sorted(set(cells.dropna()), reverse=True), "never"]))


NUMBERS = {"int": of(int), "float": of(float), "Int64": of("Int64"), "object": of(object), "text": spelt}
FORMS: dict[str, tuple[Callable[[int, int], Cells], dict[str, Form]]] = {
    "flag": (
        booleans,
        {"object": of(object), "boolean": of("boolean"), "arrow": arrow(pa.bool_()), "text": spelt},
    ),
    "city": (words, {"object": of(object), "str": of("str"), "arrow": arrow(pa.large_string())}),
    "sort": (words, {"category": of("category"), "backwards": backwards}),
    "day": (days, {"object": of(object), "arrow": arrow(pa.date32()), "moments": of("datetime64[s]")}),
    "at": (
        moments,
        {
            "ns": of("datetime64[ns]"),
            "arrow": arrow(pa.timestamp("ms")),
            "zoned": lambda cells: cells.dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo"),
            "zoned arrow": lambda cells: arrow(pa.timestamp("us", "Asia/Tokyo"))(cells.dt.tz_localize("UTC")),
        },
    ),
    "took": (
        durations,
        {"ns": of("timedelta64[ns]"), "ms": of("timedelta64[ms]"), "arrow": arrow(pa.duration("us"))},
    ),
    "row_id": (numbers, NUMBERS | {"arrow": arrow(pa.int32())}),
    "count": (numbers, NUMBERS | {"decimal": arrow(pa.decimal128(22, 2))}),
}
EACH = [(column, form) for column, (_, forms) in FORMS.items() for form in forms]


def learnt_from(column: str, base: str, more: str) -> list[str]:
    cells, forms = FORMS[column]
    first, second = (
        pd.DataFrame({"x": table(seed, rows)[:, 0], column: forms[form](cells(seed, rows))})
        for form, seed, rows in ((base, 0, ROWS), (more, 1, MORE))
    )
    return learnt(first, second)


@cache
def as_first_form(column: str) -> list[str]:
    first = next(iter(FORMS[column][1]))
    return learnt_from(column, first, first)


@pytest.mark.parametrize(("column", "form"), EACH)
def test_each_kind_of_column_is_alike_in_every_form(column: str, form: str) -> None:
    first = next(iter(FORMS[column][1]))
    assert learnt_from(column, form, first) == as_first_form(column)
    assert learnt_from(column, first, form) == as_first_form(column)


def test_a_cell_of_mixed_text_and_truths_does_not_depend_on_the_row_before() -> None:
    cells = pd.Series([True, 1, "low", 1, True, "low"] * 5, dtype=object)
    schema = infer_schema(pd.DataFrame({"level": cells}), label=None).declaring(Kind.CATEGORICAL, ["level"])
    forwards = conform(pd.DataFrame({"level": cells}), schema).frame["level"].tolist()
    reverse = conform(pd.DataFrame({"level": cells[::-1]}), schema).frame["level"].tolist()
    assert forwards == reverse[::-1]
    assert forwards[:3] == ["true", "1", "low"]
