"""Event time: when the rows of a batch happened, by the column that the schema declares."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tasks.data.batch_files import BatchContent
from tasks.data.schemas import known_schema


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


def latest_rows(times: "pd.Series[Any]", fraction: float) -> NDArray[np.intp]:
    """Positions of the latest rows, in their order; rows of one time stay in order, those without come first."""
    order = times.reset_index(drop=True).sort_values(kind="stable", na_position="first").index
    count = round(len(order) * fraction)
    return np.sort(order.to_numpy()[len(order) - count :])


def _iso(moment: object) -> str:
    if isinstance(moment, pd.Timestamp):
        return moment.tz_localize(UTC).isoformat()
    seconds = min(max(float(str(moment)), 0.0), 253_402_300_799.0)
    return datetime.fromtimestamp(seconds, UTC).isoformat()
