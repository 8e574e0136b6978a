"""Event time: when the rows of a batch happened, by the column that the schema declares."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from greenlightning.tables import Kind
from tasks.data.batch_files import BatchContent
from tasks.data.batch_index import BatchRef
from tasks.data.schemas import known_schema

DAY = len("2026-01-01")


def time_column(dataset: str) -> str | None:
    """The column of the event time; None where the dataset declares none."""
    schema = known_schema(dataset)
    return schema.time if schema else None


def event_span(dataset: str, content: BatchContent) -> dict[str, str]:
    """First and last event time of a batch (UTC) as its pointer keeps them; empty without a time.

    Numbers are seconds since 1970: they order batches whatever their unit, but windows in weeks need seconds.
    """
    column = time_column(dataset)
    if column is None or column not in content.frame:
        return {}
    times = content.frame[column].dropna()
    if times.empty:
        return {}
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


def _iso(moment: object) -> str:
    if isinstance(moment, pd.Timestamp):
        return moment.tz_localize(UTC).isoformat()
    seconds = min(max(float(str(moment)), 0.0), 253_402_300_799.0)
    return datetime.fromtimestamp(seconds, UTC).isoformat()
