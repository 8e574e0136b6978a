"""Why a run failed, in one line: the cause and what to do about it, for our errors and for those of others."""

import errno
from typing import NamedTuple

from flows.engine.outcome import as_input_error
from greenlightning.errors import GreenLightningError

LONGEST = 300
AGAIN = "then run it again"
FOREIGN = {
    "mlflow": ("MLflow", f"See that it runs and that its store can be reached, {AGAIN}"),
    "dvc": ("DVC", f"See that its cache and remote can be reached and written, {AGAIN}"),
    "great_expectations": ("Great Expectations", "Run it with --debug and report what it says"),
    "sqlalchemy": ("The database", f"See that it is not locked or full, {AGAIN}"),
    "requests": ("The network", f"See that the servers answer, {AGAIN}"),
    "httpx": ("The network", f"See that the servers answer, {AGAIN}"),
    "filelock": ("A lock", f"Let the other run of this workspace end, {AGAIN}"),
    "torch": ("PyTorch", "Use --device cpu, or a device with more free memory"),
}


class ErrorMessage(NamedTuple):
    """What went wrong and what to do, without full stops."""

    cause: str
    remedy: str

    @property
    def line(self) -> str:
        """Both, as the errors of GreenLightning print."""
        return f"{self.cause}. {self.remedy}."


def error_message(error: Exception) -> ErrorMessage:
    """The cause of any error that a run may end with."""
    ours = as_input_error(error)
    if isinstance(ours, GreenLightningError):
        return ErrorMessage(_one_line(ours.cause), _one_line(ours.remedy))
    said = _one_line(str(error)) or type(error).__name__
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return ErrorMessage("The disk is full", f"Free some space, {AGAIN}")
    if isinstance(error, MemoryError):
        return ErrorMessage("The memory did not suffice", "Learn smaller batches, or use a larger machine")
    for kind in type(error).__mro__:
        if found := FOREIGN.get(kind.__module__.partition(".")[0]):
            return ErrorMessage(f"{found[0]} failed: {said}", found[1])
    where = "The run's log shows where; please report it"
    return ErrorMessage(f"Unexpected {type(error).__name__}: {said}", where)


def is_foreseen(error: Exception) -> bool:
    """Whether the error is one that GreenLightning foresaw; trying again would not help."""
    return isinstance(as_input_error(error), GreenLightningError)


def _one_line(text: str) -> str:
    line = " ".join(text.split()).rstrip(".")
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
