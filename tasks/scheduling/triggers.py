"""When a retraining is due: so many new rows or batches, so long a wait, or drift, whichever comes first."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from greenlightning.data.windows import HOURS, Window
from greenlightning.errors import InputError
from tasks.data.batch_index import BatchRef

DRIFT = "drift"
SEPARATOR = re.compile(r"\s*(?:\bor\b|,)\s*")


@dataclass(frozen=True)
class Triggers:
    """Amounts of new rows, new batches and time, of which one is enough; and whether drift is."""

    amounts: tuple[Window, ...]
    drift: bool

    @classmethod
    def parse(cls, text: str) -> "Triggers":
        """Read ``5000 rows or 24h or drift``; InputError for anything else."""
        parts = [part for part in SEPARATOR.split(text.strip()) if part]
        if not parts:
            raise InputError("No trigger is named", "Write for example: 5000 rows or 24h or drift")
        try:
            amounts = tuple(Window.parse(part) for part in parts if part != DRIFT)
        except InputError as error:
            raise InputError(
                f"{text!r} names no trigger", "Write for example: 5000 rows or 24h or drift"
            ) from error
        return cls(amounts, DRIFT in parts)

    def waiting(self, new: Sequence[BatchRef], drifted: Callable[[], bool], now: datetime | None = None) -> str:
        """What the ``new`` batches still wait for, in words; empty where a trigger is due.

        Time counts from the landing of the oldest new batch. ``drifted`` is asked only where nothing else is due.
        """
        now = now or datetime.now(UTC)
        progress = [_progress(one, new, now) for one in self.amounts]
        if any(there >= one.amount for one, there in zip(self.amounts, progress, strict=True)):
            return ""
        if self.drift and drifted():
            return ""
        parts = [f"{_written(there)} of {one}" for one, there in zip(self.amounts, progress, strict=True)]
        return "waiting: " + "; ".join([*parts, *(["no drift"] if self.drift else [])])


def _progress(amount: Window, new: Sequence[BatchRef], now: datetime) -> int | float:
    """How much of an amount is there, in its unit."""
    if amount.unit == "row":
        return sum(ref.rows for ref in new)
    if amount.unit == "batch":
        return len(new)
    oldest = min(datetime.fromisoformat(ref.landed_at) for ref in new)
    return (now - oldest) / timedelta(hours=HOURS[amount.unit])


def _written(amount: int | float) -> str:
    return f"{amount:,}" if isinstance(amount, int) else f"{amount:.2f}"
