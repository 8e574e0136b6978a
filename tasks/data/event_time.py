"""Event time: when the rows of a batch happened, by the column that the schema declares."""

from datetime import UTC
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from greenlightning.tables import Kind
from tasks.data.batch_files import BatchContent
from tasks.data.batch_index import BatchRef
from tasks.data.schemas import known_schema

DAY = len("2026-01-01")
CALENDAR = {8: "%Y%m%d", 6: "%Y%m"}
SCALES = ((1e11, 1e6), (1e14, 1e3), (1e17, 1.0), (float("inf"), 1e-3))
"""Size below which numbers are seconds, milliseconds, microseconds, else nanoseconds; microseconds in one."""
LAST = 253_402_300_799e6
"""The last second of the year 9999, in microseconds."""


def time_column(dataset: str) -> str | None:
    """The column of the event time; None where the dataset declares none."""
    schema = known_schema(dataset)
    return schema.time if schema else None


def event_span(dataset: str, content: BatchContent) -> dict[str, str]:
    """First and last event time of a batch (UTC) as its pointer keeps them; empty without a time."""
    column = time_column(dataset)
    if column is None or column not in content.frame:
        return {}
    if (times := content.frame[column].dropna()).empty:
        return {}
    times = as_moments(times)
    return {"event_from": _iso(times.min()), "event_to": _iso(times.max())}


def span_text(ref: BatchRef) -> str:
    """The days of a batch's events, after the name of its rows; empty where its rows have no date."""
    schema = known_schema(ref.dataset)
    dated = {column.name for column in schema.columns if column.kind is Kind.DATETIME} if schema else set()
    if not (schema and ref.event_to and schema.time in dated):
        return ""
    first, last = ref.event_from[:DAY], ref.event_to[:DAY]
    return f" of {last}" if first == last else f" from {first} to {last}"


def latest_rows(times: "pd.Series[Any]", count: int, *, ordered: bool = False) -> NDArray[np.intp]:
    """Positions of the latest rows, ascending or in the ``ordered`` sequence of time.

    Rows of one time stay in order; those without a time come first.
    """
    order = times.reset_index(drop=True).sort_values(kind="stable", na_position="first").index.to_numpy()
    latest = order[len(order) - count :]
    return latest if ordered else np.sort(latest)


def as_moments(times: "pd.Series[Any]") -> "pd.Series[Any]":
    """Event times as moments of UTC: dates as they are, numbers as they are usually written.

    Of eight digits that are all days, and of six that are all months, these are taken (20260131, 202601). Other
    numbers count since 1970 in seconds, or by their size in milli-, micro- or nanoseconds.
    """
    if pd.api.types.is_datetime64_any_dtype(times.dtype):
        return times
    numbers = times.astype("float64")
    if (numbers % 1 == 0).all() and (form := CALENDAR.get(len(f"{numbers.abs().max():.0f}"))):
        moments = pd.to_datetime(numbers.astype("int64").astype(str), format=form, errors="coerce")
        if moments.notna().all():
            return moments.dt.as_unit("us")
    scale = next(scale for limit, scale in SCALES if numbers.abs().max() < limit)
    return pd.to_datetime((numbers * scale).clip(0, LAST).round().astype("int64"), unit="us")


def _iso(moment: pd.Timestamp) -> str:
    return moment.tz_localize(UTC).isoformat()
