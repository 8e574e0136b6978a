"""Which batches a retraining is asked to learn: named ones, those landed in a window, or all new ones."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, Field

from greenlightning.errors import InputError
from tasks.core.moments import moment
from tasks.data.batch_index import checked_id


def _checked(text: str) -> str:
    moment(text)
    return text


Moment = Annotated[str, AfterValidator(_checked)]
LandedFrom = Annotated[
    Moment | None, Field(description="learn batches that landed on this day (or at this time) or later, UTC")
]
LandedTo = Annotated[
    Moment | None, Field(description="learn batches that landed on this day (or at this time) or earlier, UTC")
]
DryRun = Annotated[bool, Field(description="only show what would be learnt and what it would cost")]


@dataclass(frozen=True)
class Selection:
    """The batches that were asked for; InputError for names and a window together, and for what is none."""

    batches: list[str] | None = None
    landed_from: str | None = None
    landed_to: str | None = None

    def __post_init__(self) -> None:
        if self.batches and (self.landed_from or self.landed_to):
            raise InputError("Batches are named and a window is given too", "Give --batch, or --from and --to")
        for batch in self.batches or ():
            checked_id(batch)
        if self._first > self._last:
            raise InputError(f"The window from {self.landed_from} to {self.landed_to} is empty", "Swap the two")

    @property
    def _first(self) -> datetime:
        return moment(self.landed_from) if self.landed_from else datetime.min.replace(tzinfo=UTC)

    @property
    def _last(self) -> datetime:
        return moment(self.landed_to, end=True) if self.landed_to else datetime.max.replace(tzinfo=UTC)

    @property
    def when(self) -> str:
        """The window in words, after "No new batches"; empty without one."""
        return " landed in that time" if self.landed_from or self.landed_to else ""

    def includes(self, landed_at: str) -> bool:
        """Whether the window includes a batch that landed then; both ends belong to it."""
        return self._first <= moment(landed_at) <= self._last
