"""How a structure settles: each epoch a line of the log, progress, and a check of the run's graph."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from prefect import State, get_run_logger
from prefect.context import FlowRunContext
from prefect.states import Completed

from greenlightning.structure.settling import EpochRecord, SettlingRule, helps_no_more
from tasks.core.progress import report_progress
from tasks.core.steps import task
from tasks.orchestration.artifacts import RunArtifacts, artifact_key
from tasks.orchestration.progress_artifact import progress_artifact

CONTINUE, SETTLED, NOT_SETTLED = "continue", "settled", "not settled within the limit"
HELPS_NO_MORE = "more epochs no longer help the solved model"


@task(name="settling", task_run_name="settling, epoch {epoch}: {verdict}", persist_result=False)
def settling_check(epoch: int, verdict: str, line: str) -> State[Any]:
    """Whether the gates have settled by this epoch, as the name of a completed task run; the log has the line."""
    get_run_logger().info(line)
    return Completed(name=verdict.capitalize(), message=line)


@dataclass
class SettlingWatch:
    """Follows the epochs of one extraction, which has spent ``joules()`` so far and validates ``score``."""

    rule: SettlingRule
    limit: int
    joules: Callable[[], float]
    score: str = "accuracy"
    flips: list[float] = field(default_factory=list)
    errors: list[float] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        """Whether the gates have settled or need no more epochs, training goes on, or its limit is reached."""
        if helps_no_more(self.errors):
            return HELPS_NO_MORE
        if self.rule.settled(self.flips):
            return SETTLED
        return CONTINUE if len(self.flips) < self.limit else NOT_SETTLED

    @property
    def progress(self) -> str:
        """The verdict so far, with the epoch."""
        if self.verdict == HELPS_NO_MORE:
            return f"{HELPS_NO_MORE}, epoch"
        if self.verdict == SETTLED:
            return "the gates settled, epoch"
        return f"settling, flip rate {self.flips[-1]:.4f}, epoch"

    def look(self, record: EpochRecord) -> None:
        """Tell of one epoch; the log and the graph are those of the flow run, where there is one."""
        self.flips.append(record.flip_rate)
        self.errors += [] if record.solved_error is None else [record.solved_error]
        report_progress(self.progress, record.epoch, self.limit)
        if FlowRunContext.get() is None:
            return
        settling_check(record.epoch, self.verdict, self.line(record))

    def line(self, record: EpochRecord) -> str:
        """One epoch in words: what changed, what was spent until then, and the verdict that ends the training."""
        verdict = "" if self.verdict == CONTINUE else f": {self.verdict}"
        solved = "" if record.solved_error is None else f"error of the solved model {record.solved_error:.4f}, "
        return (
            f"epoch {record.epoch} of {self.limit}: flip rate {record.flip_rate:.4f}, "
            f"weight change {record.weight_change:.4f}, OUI {record.oui:.3f}, "
            f"validation {self.score} {record.validation_accuracy:.4f}, {solved}"
            f"{self.joules():.1f} J so far{verdict}"
        )


@contextmanager
def settling_artifact(dataset: str) -> Iterator[None]:
    """Show the settling of a dataset's structure as a progress artifact that ends where the gates settled."""
    board = RunArtifacts.current()
    key = artifact_key("settling", dataset, "progress")
    with progress_artifact(board, key, delay=0, ending=None) if board else nullcontext():
        yield
