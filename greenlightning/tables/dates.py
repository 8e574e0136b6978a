"""Dates and times: the formats that are recognised, and the features that a calendar gives."""

from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

ISO = "ISO8601"
FORMATS = (
    ISO,
    *(
        f"{date}{time}"
        for date in ("%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%d-%m-%Y", "%Y/%m/%d")
        for time in ("", " %H:%M", " %H:%M:%S")
    ),
    *("%H:%M", "%H:%M:%S", "%a, %d %b %Y %H:%M:%S %Z", "%d %b %Y", "%d-%b-%Y", "%b %d, %Y"),
    *("%Y-%m", "%Y/%m", "%m/%Y", "%b %Y", "%B %Y"),
)
MIDNIGHT = int(np.datetime64("1900-01-01", "us").astype(np.int64))
"""Microseconds from 1970 to the day on which times without a date are parsed."""
LEAST_DATES = 0.5
GRID = float(1 << 20)
YEAR, WEEK, DAY = 366, 7, 1440
PARTS = {"time of day": DAY, "day of week": WEEK, "day of year": YEAR}
TURNS = {"time of day": DAY, "day of week": WEEK * DAY, "day of year": YEAR * DAY}
"""Minutes of a whole turn of each cycle."""


def guessed_format(values: "pd.Series[str]") -> str | None:
    """Find the first known format in which every value is written; None where there is none.

    Of ``01/02/2024`` and the like the month is taken to come first, unless a day above 12 shows the contrary.

    Examples
    --------
    >>> guessed_format(pd.Series(["31.12.2024", "01.01.2025"]))
    '%d.%m.%Y'
    """
    sample = values.head(50)
    for form in FORMATS:
        if not parsed(sample, form).isna().any() and not parsed(values, form).isna().any():
            return form
    return None


def mixed_dates(values: "pd.Series[str]") -> str:
    """Tell what keeps text from being dates: the format of most values, and the first that has another.

    Empty where fewer than half of the first 50 values are dates at all.

    Examples
    --------
    >>> mixed_dates(pd.Series(["2024-01-31", "2024-02-01", "03.02.2024"]))
    "most are dates like 2024-01-31 (ISO 8601), and '03.02.2024' is not"
    """
    sample = values.head(50)
    dates = {form: parsed(sample, form).notna() for form in FORMATS}
    if not len(sample) or pd.DataFrame(dates).any(axis=1).mean() < LEAST_DATES:
        return ""
    form = max(dates, key=lambda name: int(dates[name].sum()))
    other = values[parsed(values, form).isna()].iloc[0]
    first = sample[dates[form]].iloc[0]
    return f"most are dates like {first} ({'ISO 8601' if form == ISO else form}), and {other!r} is not"


def parsed(values: "pd.Series[str]", form: str) -> "pd.Series[pd.Timestamp]":
    """Parse text in one format, to microseconds of UTC without a time zone; NaT where a value is not a date."""
    if form == ISO:
        values = values.where(values.str.match(r"\d{4}-?\d{2}-?\d{2}(?:[T ]|$)", na=False))
    return naive(pd.to_datetime(values, format=form, errors="coerce", utc=True))


def naive(moments: "pd.Series[pd.Timestamp]") -> "pd.Series[pd.Timestamp]":
    """Convert moments or days, also of Arrow's types, to microseconds of UTC without a time zone."""
    if isinstance(moments.dtype, pd.ArrowDtype):
        zoned = getattr(moments.dtype.pyarrow_dtype, "tz", None) is not None
        moments = moments.astype("datetime64[us, UTC]" if zoned else "datetime64[us]")
    if moments.dt.tz is not None:
        moments = moments.dt.tz_convert("UTC").dt.tz_localize(None)
    return moments.dt.as_unit("us")


def positions(moments: NDArray[np.datetime64], part: str) -> NDArray[np.int64]:
    """Find the position of each moment (n,) in a cycle: minute of the day, day of the week or of the year."""
    days = moments.astype("datetime64[D]")
    if part == "time of day":
        return np.asarray((moments.astype("datetime64[m]") - days).astype(np.int64))
    if part == "day of week":
        return np.asarray((days.astype(np.int64) + 3) % WEEK)
    return np.asarray((days - days.astype("datetime64[Y]")).astype(np.int64))


@lru_cache
def cycle(length: int) -> NDArray[np.float64]:
    """Compute sine and cosine (length, 2) of a cycle, rounded to 2^-20: a table gives every row the same bits."""
    angle = 2 * np.pi * np.arange(length) / length
    return np.rint(np.column_stack([np.sin(angle), np.cos(angle)]) * GRID) / GRID
