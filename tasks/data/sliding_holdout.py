"""The sliding holdout of a stream: the latest rows of its newest batches, learnt once newer ones take their place.

Its file holds the rows of one batch after the other, each in the order of time, and its footer says how many of
which batch. So the rows of a batch that leave are always the first of its part.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from greenlightning.errors import InputError
from greenlightning.tables import ConformedTable
from tasks.data.batch_files import BatchContent, joined, provenance, read_content
from tasks.data.batch_index import HOLDOUT, BatchRef
from tasks.data.event_time import latest_rows, time_column
from tasks.data.ingestion import write_landed
from tasks.data.schemas import schema_of
from tasks.data.versioning import checkout, version_batch

LARGEST = 2_000
"""Rows: two models that disagree on 5 % of them are distinguished where their accuracies differ by 0.01."""
SMALLEST_BATCH = 20
"""Rows below which a batch is learnt whole."""
PARTS = "parts"
Parts = Mapping[str, BatchContent]


def parts_of(holdout: BatchRef) -> dict[str, int]:
    """Rows of each batch in a holdout, in the order of its rows; empty for one that does not slide."""
    return dict(provenance(checkout(holdout)).get(PARTS, ()))


def too_small(dataset: str, rows: int) -> InputError:
    """The error of a base with too few rows to hold some back."""
    return InputError(
        f"The {rows:,} rows of {dataset!r} are too few to hold some back, by which the model is judged",
        f"Ingest more, at least 20, or rows to judge by: greenlightning ingest FILE --dataset {dataset}{HOLDOUT}",
    )


def first_holdout(dataset: str, base: Iterable[BatchRef], fraction: float, time: str) -> BatchRef:
    """Hold the latest ``fraction`` of the base back, without labels that the rest lacks if others are left."""
    whole = {ref.id: _in_time(read_content(checkout(ref)), time) for ref in base}
    rows = sum(len(content.y) for content in whole.values())
    if rows < SMALLEST_BATCH:
        raise too_small(dataset, rows)
    held = _latest(whole, time, round(rows * fraction))
    rest = [part.y[: len(part.y) - len(held[name].y)] if name in held else part.y for name, part in whole.items()]
    shared = {name: _of_labels(part, np.concatenate(rest)) for name, part in held.items()}
    return _written(dataset, shared if any(len(part.y) for part in shared.values()) else held)


def slid_holdout(
    holdout: BatchRef, new: Iterable[BatchRef], fraction: float, learnt: Iterable[str], *, carry: bool = True
) -> BatchRef:
    """The holdout once ``new`` batches come in: with the latest ``fraction`` of each, and without its oldest rows.

    It keeps its size, or takes that of what came in where this is more, up to ``LARGEST`` rows. Only rows of
    batches that are ``learnt`` stay, and none without ``carry``, unless no row came in.
    """
    dataset = holdout.dataset.removesuffix(HOLDOUT)
    time = time_column(dataset)
    assert time is not None
    coming = {ref.id: _last_part(read_content(checkout(ref)), time, fraction) for ref in new}
    rows = sum(len(content.y) for content in coming.values())
    if not rows:
        return holdout
    old = {name: part for name, part in held_parts(holdout).items() if name in set(learnt)} if carry else {}
    room = min(max(holdout.rows if carry else 0, rows), LARGEST)
    return _written(dataset, _latest(old | coming, time, room))


def holdout_without(holdout: BatchRef, batch: str) -> BatchRef:
    """The holdout without the rows of a batch; the same where it holds none of it, or no other row."""
    parts = held_parts(holdout)
    others = {name: part for name, part in parts.items() if name != batch}
    return (
        _written(holdout.dataset.removesuffix(HOLDOUT), others) if others and len(others) < len(parts) else holdout
    )


def held_parts(holdout: BatchRef) -> dict[str, BatchContent]:
    """The rows of each batch in a sliding holdout, the oldest first."""
    content, start, found = read_content(checkout(holdout)), 0, {}
    for name, rows in parts_of(holdout).items():
        found[name] = content.rows(np.arange(start, start + rows))
        start += rows
    return found


def _in_time(content: BatchContent, time: str) -> BatchContent:
    return content.rows(latest_rows(content.frame[time], len(content.y), ordered=True))


def _last_part(content: BatchContent, time: str, fraction: float) -> BatchContent:
    rows = len(content.y)
    count = round(rows * fraction) if rows >= SMALLEST_BATCH else 0
    chosen = latest_rows(content.frame[time], count, ordered=True)
    return _of_labels(content.rows(chosen), np.delete(content.y, chosen))


def _of_labels(part: BatchContent, rest: NDArray[Any]) -> BatchContent:
    """The rows whose labels occur in the rest too: no label is held back whole."""
    return part if part.task == "regression" else part.rows(np.isin(part.y, rest))


def _latest(parts: Parts, time: str, count: int) -> dict[str, BatchContent]:
    """The latest ``count`` rows of all parts, each of which is in the order of time."""
    times = pd.concat([part.frame[time] for part in parts.values()], ignore_index=True)
    of_part = np.repeat(np.arange(len(parts)), [len(part.y) for part in parts.values()])
    counts = np.bincount(of_part[latest_rows(times, count)], minlength=len(parts)).tolist()
    return {
        name: part.rows(np.arange(len(part.y) - held, len(part.y)))
        for (name, part), held in zip(parts.items(), counts, strict=True)
        if held
    }


def _written(dataset: str, parts: Parts) -> BatchRef:
    held = joined(list(parts.values()))
    about = {PARTS: [(name, len(part.y)) for name, part in parts.items()]}
    table = ConformedTable(held.frame, held.y)
    source = f"latest-of-{next(iter(parts), 'none')}.parquet"
    return version_batch.fn(write_landed(table, schema_of(dataset), f"{dataset}{HOLDOUT}", source, about))
