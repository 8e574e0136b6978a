"""What a retraining was asked for: the same for every dataset that it covers."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from flows.inputs.parameters import Runner
from flows.inputs.selection import Selection
from flows.inputs.start_limits import Jitter, LatestStart
from tasks.core.settings import DECIDING, LEARNING, Deciding, Learning, WhenMoved
from tasks.scheduling.carbon import CarbonSource
from tasks.scheduling.triggers import Triggers

OnRed = Annotated[
    Literal["recommend", "train", "grow"],
    Field(
        description="where structure health is red: recommend a new structure, extract it first (train), or add "
        "gates for the batches that turned it red, for which every row is read again (grow)"
    ),
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


class RetrainRequest(BaseModel):
    """The parameters of the flow ``retrain``, without the dataset."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    selection: Selection = Selection()
    learning: Learning = LEARNING
    deciding: Deciding = DECIDING
    allow_new_labels: bool = False
    dry_run: bool = False
    latest_start: LatestStart = None
    carbon_source: CarbonSource = "none"
    jitter: Jitter = None
    runner: Runner = "local"
    on_red: OnRed = "recommend"
    when: When = None
    quarantine_moved: WhenMoved = "never"

    @property
    def device(self) -> str:
        """Where the new statistics, and a new structure, are computed."""
        return self.learning.device
