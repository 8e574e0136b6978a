"""Columns of a batch that were written in another unit, or a table at another scale.

Undoing a change of unit distinguishes it from a drift: as given a column lies many scales from every batch before,
and converted back by a usual conversion it lies where they did (docs/decisions/0041-broken-or-moved.md).
"""

import math
from typing import NamedTuple

import numpy as np

from tasks.validation.column_statistics import Array, NumericColumns

KELVIN = 273.15
FACTORS = {
    "10": 10.0,
    "100": 100.0,
    "1,000": 1_000.0,
    "1,000,000": 1e6,
    "60": 60.0,
    "3,600": 3_600.0,
    "12 (months, years)": 12.0,
    "24 (hours, days)": 24.0,
    "255": 255.0,
    "2.54 (inches, centimetres)": 2.54,
    "1.609 (miles, kilometres)": 1.609344,
    "3.281 (feet, metres)": 1 / 0.3048,
    "2.205 (pounds, kilograms)": 1 / 0.45359237,
    "3.6 (km/h, m/s)": 3.6,
    "1.944 (knots, m/s)": 1.943844,
    "33.86 (inches of mercury, hectopascals)": 33.8639,
}
CONVERSIONS: dict[str, tuple[float, float]] = {
    "kelvin for degrees Celsius": (1.0, KELVIN),
    "degrees Celsius for kelvin": (1.0, -KELVIN),
    "degrees Fahrenheit for degrees Celsius": (1.8, 32.0),
    "degrees Celsius for degrees Fahrenheit": (1 / 1.8, -32 / 1.8),
    "degrees Fahrenheit for kelvin": (1.8, 32 - 1.8 * KELVIN),
    "kelvin for degrees Fahrenheit": (1 / 1.8, KELVIN - 32 / 1.8),
    **{f"multiplied by {name}": (factor, 0.0) for name, factor in FACTORS.items()},
    **{f"divided by {name}": (1 / factor, 0.0) for name, factor in FACTORS.items()},
}
"""What ``factor * value + offset`` may have made of a column."""

LEAST_ROWS = 5
LEAST_ORDINARY = 0.1
"""Share of cells beside the most frequent value that a column must have had to be judged."""
STRANGE = 4.0
"""Scales from where a column is unlike the batches before."""
FEW_ROWS = 10
"""Rows with which a column must be twice as strange: their median and scale are less certain."""
ALIKE, MOST_ALIKE = 0.3, 4.0
"""The converted column must lie within this share of the distance as given, and within these scales."""
USUAL_WIDENING = 0.7
"""Logarithm of the change of width that counts for nothing: a factor of two."""
CLEARLY = 0.3
MANY = 8
WIDE_FACTOR = 1.5
MIRRORED = "mirrored, high values for low ones"


class Place(NamedTuple):
    """Median and scale of a column."""

    location: float
    scale: float

    def undone(self, factor: float, offset: float) -> "Place":
        """Where the column lay before a conversion."""
        return Place((self.location - offset) / factor, self.scale / factor)

    def widening(self, usual: "Place") -> float:
        """Logarithm of the change of width, without its sign."""
        return abs(math.log(self.scale / usual.scale)) if self.scale > 0 else 0.0

    def distance(self, usual: "Place") -> float:
        """Scales between the medians, more where the width changed beyond a factor of two."""
        moved = abs(self.location - usual.location) / usual.scale
        return moved + 2 * max(0.0, self.widening(usual) - USUAL_WIDENING)


def converted_columns(
    batch: NumericColumns, references: list[NumericColumns], latest: NumericColumns | None = None
) -> dict[str, str]:
    """Columns that look as if they came in another unit, with the conversion.

    A column must be unlike all ``references``; put back, it must be like one of them or the ``latest``.
    """
    if batch.rows < LEAST_ROWS:
        return {}
    found = {}
    for index, name in enumerate(batch.names):
        usual = [
            Place(one.location[index], one.scale[index])
            for one in references
            if one.scale[index] > 0 and one.ordinary[index] >= LEAST_ORDINARY
        ]
        here = Place(batch.location[index], batch.scale[index])
        strange = STRANGE * (1 + FEW_ROWS / batch.rows)
        if len(usual) < len(references) or min(here.distance(place) for place in usual) < strange:
            continue
        if latest and latest.scale[index] > 0:
            usual.append(Place(latest.location[index], latest.scale[index]))
        if text := _conversion(here, usual):
            found[name] = text
    return found


def rescaled_table(batch: NumericColumns, reference: NumericColumns) -> str:
    """The change of scale that explains all columns of a table of at least eight; empty where none does."""
    varying = (reference.array("spread") > 0) & (batch.array("spread") > 0)
    if varying.sum() < MANY or batch.rows < LEAST_ROWS:
        return ""
    centre, width = reference.array("mean")[varying], reference.array("spread")[varying]
    mean, spread = batch.array("mean")[varying], batch.array("spread")[varying]
    factor = float(np.exp(np.median(np.log(spread / width))))
    given = _distance(mean, centre, width)
    low, high = reference.array("low")[varying], reference.array("high")[varying]
    mirrored = min(_distance(ends - mean, centre, width) for ends in (low + high, low.min() + high.max()))
    is_wide = abs(math.log(factor)) > math.log(WIDE_FACTOR)
    if is_wide and given > CLEARLY and _distance(mean / factor, centre, width) < given / 3:
        return f"multiplied by about {factor:.3g}"
    return MIRRORED if given > CLEARLY and mirrored < given / 3 else ""


def _conversion(here: Place, usual: list[Place]) -> str:
    """The conversion that explains where a column lies; empty where none does."""
    strange = min(here.distance(place) for place in usual)
    best, text = min(MOST_ALIKE, ALIKE * strange), ""
    for name, (factor, offset) in CONVERSIONS.items():
        undone = here.undone(factor, offset)
        for place in usual:
            if factor != 1 and not _is_multiple(here, undone, place):
                continue
            distance = abs(undone.location - place.location) / place.scale + undone.widening(place)
            if distance < best:
                best, text = distance, name
    return text


def _is_multiple(here: Place, undone: Place, usual: Place) -> bool:
    """Whether the width, too, says that values were multiplied; around 0 only the width would say so."""
    return abs(usual.location) >= usual.scale and undone.widening(usual) < here.widening(usual) - CLEARLY


def _distance(mean: Array, centre: Array, width: Array) -> float:
    """Mean over columns of the standard deviations between the means, each at most 4."""
    return float(np.minimum(np.abs(mean - centre) / width, STRANGE).mean())
