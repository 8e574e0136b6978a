"""A change of unit is told from a drift because undoing it puts the column back."""

import numpy as np
import pytest

from tasks.validation.column_statistics import NumericColumns
from tasks.validation.unit_changes import CONVERSIONS, MIRRORED, converted_columns, rescaled_table

RNG = np.random.default_rng(0)
CELSIUS = RNG.normal(12, 6, 900)
NAMES = [f"x{index}" for index in range(10)]


def columns(values: np.ndarray) -> NumericColumns:
    return NumericColumns.of(["t"], values[:, None])


def table(X: np.ndarray) -> NumericColumns:
    return NumericColumns.of(NAMES, X)


@pytest.mark.parametrize(
    ("changed", "unit"),
    [
        (CELSIUS + 273.15, "kelvin for degrees Celsius"),
        (CELSIUS + 9 + 273.15, "kelvin for degrees Celsius"),
        (CELSIUS * 1.8 + 32, "degrees Fahrenheit for degrees Celsius"),
        (CELSIUS * 1000, "multiplied by 1,000"),
        (CELSIUS / 1000, "divided by 1,000"),
    ],
)
def test_units_are_told(changed: np.ndarray, unit: str) -> None:
    assert converted_columns(columns(changed[:200]), [columns(CELSIUS)]) == {"t": unit}


@pytest.mark.parametrize(
    "moved", [CELSIUS, CELSIUS + 12, CELSIUS - 18, CELSIUS * 0.3 + 20, CELSIUS * 2, CELSIUS + 40, -CELSIUS]
)
def test_a_season_is_no_unit(moved: np.ndarray) -> None:
    assert converted_columns(columns(moved[:200]), [columns(CELSIUS)]) == {}


def test_a_column_that_was_constant_or_mostly_one_value_is_not_judged() -> None:
    rain = np.where(np.arange(900) % 20 == 0, 1.0, 0.0)
    assert converted_columns(columns(CELSIUS * 1000), [columns(np.full(900, 5.0))]) == {}
    assert converted_columns(columns(CELSIUS * 1000), [columns(rain)]) == {}


def test_a_column_that_lies_where_any_earlier_batch_did_is_in_its_unit() -> None:
    assert converted_columns(columns(CELSIUS + 273.15), [columns(CELSIUS), columns(CELSIUS + 273.15)]) == {}


def test_every_conversion_is_among_them_with_its_inverse() -> None:
    for factor, offset in CONVERSIONS.values():
        back = (1 / factor, -offset / factor)
        assert any(np.allclose(back, other, rtol=1e-9) for other in CONVERSIONS.values())


def test_a_table_of_another_scale_or_mirrored_is_told() -> None:
    X = RNG.normal(size=(500, 10)) + np.arange(10) * 0.7 + 5
    base = table(X)
    assert rescaled_table(table(X[:100] * 2), base).startswith("multiplied by about 2")
    assert rescaled_table(table(X[:100]), base) == ""
    assert rescaled_table(table(X[:100] + 1.5), base) == ""
    skewed = np.exp(RNG.normal(size=(500, 10)))
    clipped = np.minimum(skewed, 8)
    assert rescaled_table(table(8 - clipped[:100]), table(clipped)) == MIRRORED
