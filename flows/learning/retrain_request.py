"""What a retraining was asked for: the same for every dataset that it covers."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from flows.engine.admission import WhenMoved
from flows.engine.batch_selection import Selection
from flows.engine.runners import Runner
from tasks.core.settings import Deciding, Learning
from tasks.scheduling.triggers import Triggers

OnRed = Annotated[
    Literal["recommend", "train"],
    Field(description="where structure health is red: recommend a new structure, or extract it first"),
]


def _checked(text: str) -> str:
    Triggers.parse(text)
    return text


When = Annotated[
    Annotated[str, AfterValidator(_checked)] | None,
    Field(
        description="learn only once one is due, such as 5000 rows or 24h or drift (rows or batches that are new, "
        "time since the oldest of them landed, a drifted one)"
    ),
]


@dataclass(frozen=True, kw_only=True)
class RetrainRequest:
    """The parameters of the flow ``retrain``, without the dataset."""

    selection: Selection
    learning: Learning
    deciding: Deciding
    allow_new_labels: bool
    dry_run: bool
    latest_start: datetime | timedelta | None
    carbon_source: str
    jitter: timedelta | None
    runner: Runner
    on_red: OnRed
    when: str | None
    quarantine_moved: WhenMoved

    @property
    def device(self) -> str:
        """Where the new statistics, and a new structure, are computed."""
        return self.learning.device
