"""Windows over a stream of batches: which of them are recent enough to stay learnt."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Literal

from greenlightning.errors import InputError

HOURS = {"hour": 1, "day": 24, "week": 7 * 24, "year": 365.25 * 24}
SHORT = {"h": "hour", "d": "day", "w": "week", "y": "year"}
UNITS = (*HOURS, "batch", "row")
SPELLING = re.compile(r"(?P<amount>\d[\d_,]*(\.\d+)?(e\d+)?)\s*(?P<unit>[a-z]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Span:
    """One batch of a stream.

    Attributes
    ----------
    id : str
        The batch.
    rows : int
        Its rows.
    end : datetime
        When its last row happened.
    """

    id: str
    rows: int
    end: datetime


@dataclass(frozen=True)
class Window:
    """The newest part of a stream, in whole batches; the newest batch always belongs to it.

    Attributes
    ----------
    amount : float
        How much, in ``unit``.
    unit : {"hour", "day", "week", "year", "batch", "row"}
        What is counted. Time counts back from the end of the newest batch.

    Examples
    --------
    >>> day = datetime(2026, 1, 1)
    >>> stream = [Span(name, 10, day + timedelta(weeks=at)) for at, name in enumerate("abc")]
    >>> Window.parse("2w").outside(stream), Window.parse("1 batch").outside(stream)
    (('a',), ('a', 'b'))
    >>> Window.parse("25 rows").outside(stream)
    ('a',)
    """

    amount: float
    unit: Literal["hour", "day", "week", "year", "batch", "row"]

    @classmethod
    def parse(cls, text: str) -> "Window":
        """Read ``26w``, ``90 days``, ``200 batches`` or ``1e6 rows``.

        Raises
        ------
        InputError
            Where the text has another form, or the amount is zero.
        """
        found = SPELLING.fullmatch(text.strip())
        name = found["unit"].lower() if found else ""
        unit = SHORT.get(name) or next((one for one in UNITS if name in (one, f"{one}s", f"{one}es")), None)
        if found is None or unit is None or not (amount := float(re.sub("[_,]", "", found["amount"]))):
            raise InputError(f"{text!r} is no window", "Write 26w, 90d, 200 batches or 1e6 rows")
        return cls(amount, unit)  # type: ignore[arg-type]

    def __str__(self) -> str:
        plural = "" if self.amount == 1 else "es" if self.unit == "batch" else "s"
        return f"{self.amount:,.15g} {self.unit}{plural}"

    def outside(self, stream: Iterable[Span]) -> tuple[str, ...]:
        """List the batches that are too old, the oldest first."""
        ordered = in_time(stream)
        if self.unit in HOURS:
            span = timedelta(hours=self.amount * HOURS[self.unit])
            kept = sum(one.end > ordered[-1].end - span for one in ordered) if ordered else 0
        elif self.unit == "batch":
            kept = int(self.amount)
        else:
            totals = accumulate(one.rows for one in reversed(ordered))
            kept = sum(total <= self.amount for total in totals)
        return tuple(one.id for one in ordered[: -max(kept, 1)])


def in_time(stream: Iterable[Span]) -> Sequence[Span]:
    """Order batches by the time of their last row; batches of one time by their names."""
    return sorted(stream, key=lambda one: (one.end, one.id))
