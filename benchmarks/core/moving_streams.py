"""Two simulated streams of weekly files that move as real ones do, and the corruptions that break a week.

``weather`` has the seasons of a temperate station, hourly: most columns lie elsewhere half a year later.
``market`` has half-hourly prices and demands of two regions; three columns are constant until week 25 after the
base, and prices have spikes and seasons. Labels persist from row to row in both.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

WEEKS = 108
BASE_WEEKS = 26
VARIES_FROM = 25
STREAMS = ("weather", "market")
CORRUPTIONS = (
    "two similar columns swapped",
    "two other columns swapped",
    "kelvin for Celsius",
    "Fahrenheit for Celsius",
    "a column times 1,000",
    "labels one row late",
    "labels one row early",
    "a column nearly empty",
    "the file twice in one",
)

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Stream:
    """A base of 26 weeks, the clean weeks after it, and the columns that corruptions touch."""

    base: pd.DataFrame
    weeks: tuple[pd.DataFrame, ...]
    similar: tuple[str, str]
    other: tuple[str, str]

    def corrupted(self, week: pd.DataFrame, corruption: str) -> pd.DataFrame:
        """A copy of a week with one of ``CORRUPTIONS``."""
        if corruption == "the file twice in one":
            return pd.concat([week, week], ignore_index=True)
        changes: dict[str, Callable[[], dict[str, Any]]] = {
            "two similar columns swapped": lambda: _exchanged(week, self.similar),
            "two other columns swapped": lambda: _exchanged(week, self.other),
            "kelvin for Celsius": lambda: {"temperature": week["temperature"] + 273.15},
            "Fahrenheit for Celsius": lambda: {"temperature": week["temperature"] * 1.8 + 32},
            "a column times 1,000": lambda: {self.other[1]: week[self.other[1]] * 1000},
            "labels one row late": lambda: {"label": np.roll(week["label"].to_numpy(), 1)},
            "labels one row early": lambda: {"label": np.roll(week["label"].to_numpy(), -1)},
            "a column nearly empty": lambda: {self.other[1]: week[self.other[1]].where(week.index % 50 == 0)},
        }
        return week.assign(**changes[corruption]())


def _exchanged(week: pd.DataFrame, pair: tuple[str, str]) -> dict[str, Any]:
    first, second = pair
    return {first: week[second], second: week[first]}


def stream(name: str, seed: int) -> Stream:
    """The stream of that name; every seed gives another course of it."""
    rng = np.random.default_rng([STREAMS.index(name), seed])
    if name == "weather":
        table, rows = _weather(rng), 7 * 24
        similar, other = ("temperature", "dew_point"), ("temperature", "pressure")
    else:
        table, rows = _market(rng), 7 * 48
        similar, other = ("price", "price_south"), ("price", "demand")
    weeks = tuple(_weeks(table.iloc[BASE_WEEKS * rows :], rows))
    return Stream(table.iloc[: BASE_WEEKS * rows].reset_index(drop=True), weeks, similar, other)


def _weeks(table: pd.DataFrame, rows: int) -> Iterator[pd.DataFrame]:
    for start in range(0, len(table), rows):
        yield table.iloc[start : start + rows].reset_index(drop=True)


def _noise(rng: np.random.Generator, n: int, persistence: float, scale: float) -> Array:
    """An autoregressive series (n,) of standard deviation ``scale``."""
    from scipy.signal import lfilter

    shocks = rng.normal(size=n + 500) * scale * np.sqrt(1 - persistence**2)
    return np.asarray(lfilter([1.0], [1.0, -persistence], shocks)[500:], dtype=np.float64)


def _weather(rng: np.random.Generator) -> pd.DataFrame:
    n = (BASE_WEEKS + WEEKS) * 7 * 24
    hour = np.arange(n)
    year, day = 2 * np.pi * hour / (365.25 * 24), 2 * np.pi * hour / 24
    front = _noise(rng, n, 0.97, 1.0)
    temperature = 11 - 12 * np.cos(year) - 4 * np.cos(day - 0.6) - 3 * front + _noise(rng, n, 0.9, 1.5)
    dryness = np.exp(1.3 - 0.5 * front - 0.4 * np.cos(day - 0.6) + _noise(rng, n, 0.9, 0.4))
    dew_point = temperature - dryness
    pressure = 1014 + 3 * np.cos(year) - 7 * front + _noise(rng, n, 0.97, 3.0)
    wind = np.exp(1.1 + 0.3 * front + 0.2 * np.cos(year) + _noise(rng, n, 0.9, 0.4))
    gust = wind * (1.3 + 0.3 * rng.random(n))
    visibility = np.clip(16 - 6 * np.exp(-dryness / 2) + rng.normal(size=n), 0.1, 16)
    wet = 1.2 * front - 0.5 * np.log(dryness) + _noise(rng, n, 0.5, 0.6) > 0.1
    rain = np.where(wet, np.exp(rng.normal(-1 + 0.8 * front)), 0).round(1)
    names = ["temperature", "dew_point", "pressure", "wind", "gust", "visibility", "rain"]
    columns = [temperature, dew_point, pressure, wind, gust, visibility, np.roll(rain, 1)]
    table = pd.DataFrame(dict(zip(names, (column.round(1) for column in columns), strict=True)))
    return table.assign(label=np.where(wet, "rain", "dry"))


def _market(rng: np.random.Generator) -> pd.DataFrame:
    n = (BASE_WEEKS + WEEKS) * 7 * 48
    half_hour = np.arange(n)
    year, day = 2 * np.pi * half_hour / (365.25 * 48), 2 * np.pi * half_hour / 48
    weekend = (half_hour // 48) % 7 >= 5
    temperature = 18 + 7 * np.cos(year) - 4 * np.cos(day) + _noise(rng, n, 0.99, 2.5)
    need = 0.15 * np.abs(temperature - 19) - 0.9 * np.cos(day) - 0.5 * np.cos(2 * day) - 0.8 * weekend
    demand = 8000 + 900 * need + _noise(rng, n, 0.97, 250)
    demand_south = 5200 + 550 * need + _noise(rng, n, 0.97, 200)
    tight = _noise(rng, n, 0.995, 0.25) + 0.3 * np.cos(2 * year)
    spike = (rng.random(n) < 0.004) * rng.pareto(1.5, n)
    price = 32 * np.exp(0.30 * (demand - 8000) / 900 + tight + _noise(rng, n, 0.7, 0.08)) * (1 + spike)
    price_south = 26 * np.exp(0.35 * (demand_south - 5200) / 550 + 0.8 * tight + _noise(rng, n, 0.8, 0.12))
    transfer = 300 + 0.15 * (demand - 8000) - 0.2 * (demand_south - 5200) + _noise(rng, n, 0.95, 60)
    known = half_hour >= (BASE_WEEKS + VARIES_FROM) * 7 * 48
    usual = pd.Series(price).rolling(48, min_periods=1).median().to_numpy()
    table = pd.DataFrame(
        {
            "weekday": (half_hour // 48) % 7,
            "half_hour": half_hour % 48,
            "temperature": temperature.round(1),
            "price": price.round(2),
            "price_south": price_south.round(2),
            "demand": demand.round(),
            "demand_south": np.where(known, demand_south.round(), 5200),
            "transfer": np.where(known, transfer.round(), 300),
            "reserve": np.where(known, (900 - 0.1 * (demand - 8000) + _noise(rng, n, 0.9, 50)).round(), 900),
        }
    )
    return table.assign(label=np.where(price > usual, "up", "down"))
