"""Sites agree on schema and encoder by sums of profiles: in any order, what pooled rows would give."""

import json
from functools import reduce
from itertools import pairwise
from operator import add
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greenlightning.errors import InputError, MismatchError
from greenlightning.tables import (
    TableEncoder,
    TableProfile,
    agreed_encoder,
    agreed_schema,
    conform,
    in_form_of,
    infer_schema,
    profile_of,
)
from greenlightning.tables.profile import bins_of, centres

ROWS = 400
RNG = np.random.default_rng(11)
TABLE = pd.DataFrame(
    {
        "patient_id": RNG.permutation(ROWS) + 10_000,
        "age": np.where(RNG.random(ROWS) < 0.1, np.nan, RNG.integers(18, 90, ROWS)),
        "price": np.exp(RNG.normal(0, 2.5, ROWS)),
        "city": RNG.choice(["Rome", "Paris", "Oslo", "Bern"], ROWS),
        "smoker": RNG.choice(["yes", "no"], ROWS),
        "seen": pd.date_range("2023-01-01", periods=ROWS, freq="37h").strftime("%d.%m.%Y %H:%M"),
        "code": RNG.choice(["007", "12", "033"], ROWS),
        "comment": [f"text {number}" for number in range(ROWS - 2)] + ["text 0"] * 2,
        "empty": np.full(ROWS, np.nan),
        "label": RNG.choice([0, 1, 2], ROWS),
    }
)


def parts(cuts: list[int], table: pd.DataFrame = TABLE) -> list[TableProfile]:
    """The profiles of sites that have the rows between the cuts; all categories are named."""
    ends = [0, *cuts, len(table)]
    return [profile_of(table[a:b].reset_index(drop=True), "label", fewest=1) for a, b in pairwise(ends)]


def pooled_encoder(table: pd.DataFrame = TABLE) -> TableEncoder:
    schema = infer_schema(table)
    return TableEncoder.fit(in_form_of(conform(table, schema).frame, schema), schema)


def kinds(schema: Any) -> list[Any]:
    return [(column.name, column.kind, column.categories, column.format) for column in schema.columns]


@settings(max_examples=20)
@given(st.data())
def test_order_and_partition_make_no_difference(data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(60, ROWS - 60), max_size=3)))
    given_profiles = data.draw(st.permutations(parts(cuts)))
    total, whole = reduce(add, given_profiles), parts([])[0]
    schema = agreed_schema(total)
    assert kinds(schema) == kinds(agreed_schema(whole)) == kinds(infer_schema(TABLE))
    assert agreed_encoder(total, schema).digest == agreed_encoder(whole, schema).digest
    first, *rest = reversed(given_profiles)
    assert reduce(add, rest, first) == total


def test_the_agreed_schema_and_encoder_are_the_pooled_ones_within_the_stated_bounds() -> None:
    total, pooled = reduce(add, parts([120, 300])), pooled_encoder()
    schema = agreed_schema(total)
    agreed = agreed_encoder(total, schema)
    assert schema.canonical_json() == pooled.schema.canonical_json()
    assert schema.task == "classification"
    assert (agreed.categories, agreed.dates) == (pooled.categories, pooled.dates)
    assert np.array_equal(agreed.spans, pooled.spans)
    assert agreed.numbers.has_gaps.tolist() == pooled.numbers.has_gaps.tolist()
    names = pooled.numbers.names
    assert names == ("age", "price", "smoker")
    assert np.isnan(agreed.numbers.knots).tolist() == np.isnan(pooled.numbers.knots).tolist()
    np.testing.assert_allclose(agreed.numbers.knots[1], pooled.numbers.knots[1], rtol=0.004)
    assert agreed.numbers.fill[[0, 2]].tolist() == pooled.numbers.fill[[0, 2]].tolist(), "whole numbers are exact"


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_a_bin_is_within_a_fifth_of_a_percent_and_small_whole_numbers_are_their_own(values: list[float]) -> None:
    normal = [value for value in values if abs(value) > 1e-300 and abs(value) < 1e308]
    found = centres(bins_of(np.array(normal)))
    assert np.all(np.abs(found - normal) <= 0.002 * np.abs(normal))
    whole = np.arange(-512.0, 513.0)
    assert centres(bins_of(whole)).tolist() == whole.tolist()


@given(
    st.lists(st.integers(-500, 500), min_size=1, max_size=60), st.lists(st.floats(0, 1), min_size=1, max_size=5)
)
def test_quantiles_of_a_histogram_are_those_of_numpy(values: list[int], shares: list[float]) -> None:
    column = profile_of(pd.DataFrame({"x": values, "label": 0}), "label").columns["x"]
    np.testing.assert_allclose(column.quantile(shares), np.quantile(values, shares), atol=1e-9)


def test_a_category_that_few_rows_of_a_site_have_is_counted_and_not_named() -> None:
    table = pd.DataFrame({"city": ["Rome"] * 5 + ["Oslo"] * 2, "label": [0, 1] * 3 + [0]})
    column = profile_of(table, "label").columns["city"]
    assert (dict(column.named), column.unnamed, column.distinct) == ({"Rome": 5}, 1, 2)


def test_names_of_rows_and_free_text_are_never_named() -> None:
    columns = parts([])[0].columns
    assert columns["comment"].named == columns["patient_id"].named == {}


def test_a_column_that_a_site_lacks_or_writes_otherwise() -> None:
    north = pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "x"], "c": [0, 1, 1], "label": [0, 1, 0]})
    south = pd.DataFrame({"a": ["4", "n/a", "6"], "c": ["yes", "no", "no"], "label": ["1", "0", "1"]})
    total = sum((profile_of(one, "label", 1) for one in (south,)), profile_of(north, "label", 1))
    schema = agreed_schema(total)
    assert [(one.name, str(one.kind)) for one in schema.columns] == [
        ("a", "numeric"),
        ("b", "ignored"),
        ("c", "boolean"),
    ]
    assert schema.columns[1].reason == "1 of 2 sites have it"
    assert (schema.labels, agreed_encoder(total, schema).numbers.has_gaps.tolist()) == ("int", [True, False])


def test_a_profile_goes_through_json() -> None:
    profile = parts([])[0]
    assert TableProfile.from_dict(json.loads(json.dumps(profile.to_dict()))) == profile


def test_what_is_declared_counts_and_what_does_not_fit_is_refused() -> None:
    total = reduce(add, parts([200]))
    schema = agreed_schema(total, ignore=["price"], categorical=["age"], time="seen", task="classification")
    assert schema.time == "seen"
    assert {one.name: str(one.kind) for one in schema.columns}["age"] == "categorical"
    with pytest.raises(InputError, match="neither dates nor numbers"):
        agreed_schema(total, time="city")
    with pytest.raises(InputError, match="no label column 'target'"):
        profile_of(TABLE, "target")
    with pytest.raises(MismatchError, match="Some labels are in column 'label' and some in 'code'"):
        parts([])[0] + profile_of(TABLE, "code")
