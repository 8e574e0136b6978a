"""One line for every error: the cause and the remedy, for our own errors, invalid parameters and libraries."""

from typing import NamedTuple

from pydantic import ValidationError

from flows.engine.machine_errors import AGAIN, as_machine_error
from greenlightning.errors import GreenLightningError, InputError
from tasks.core.templates import inert

LONGEST = 300
FOREIGN = {
    "mlflow": ("MLflow", f"Check that it runs and that its store is reachable, {AGAIN}"),
    "dvc": ("DVC", f"Check that its cache and remote are reachable and writable, {AGAIN}"),
    "great_expectations": ("Great Expectations", "Run it with --debug and report the traceback"),
    "sqlalchemy": ("The database", f"Check that it is neither locked nor full, {AGAIN}"),
    "requests": ("The network", f"Check that the servers answer, {AGAIN}"),
    "httpx": ("The network", f"Check that the servers answer, {AGAIN}"),
    "filelock": ("A lock", f"Wait for the other run of this workspace to end, {AGAIN}"),
    "torch": ("PyTorch", "Use --device cpu, or a device with more free memory"),
}


class ErrorMessage(NamedTuple):
    """Cause and remedy, without full stops."""

    cause: str
    remedy: str

    @property
    def line(self) -> str:
        """Cause and remedy as the errors of GreenLightning print them."""
        return f"{self.cause}. {self.remedy}."


def error_message(error: Exception) -> ErrorMessage:
    """Cause and remedy of any error that a run may end with."""
    ours = as_machine_error(error) or as_input_error(error)
    if isinstance(ours, GreenLightningError):
        return ErrorMessage(_one_line(ours.cause), _one_line(ours.remedy))
    message = _one_line(str(error)) or type(error).__name__
    if found := _foreign(error):
        return ErrorMessage(f"{found[0]} failed: {message}", found[1])
    where = "The run's log shows where; please report it"
    return ErrorMessage(f"Unexpected {type(error).__name__}: {message}", where)


def is_foreseen(error: Exception) -> bool:
    """Whether it is one of GreenLightning's own errors; trying again would not help."""
    return isinstance(as_input_error(error), GreenLightningError)


def is_machine(error: Exception) -> bool:
    """Whether the machine is at fault, as with a full disk: nothing else would go better."""
    return as_machine_error(error) is not None or (isinstance(error, OSError) and error.errno is not None)


def is_elsewhere(error: Exception) -> bool:
    """Whether the fault lies outside the batch at hand: in the machine, a store, a server or the champion."""
    ours = isinstance(error, GreenLightningError) and not isinstance(error, InputError)
    return ours or is_machine(error) or _foreign(error) not in (None, FOREIGN["great_expectations"])


def _foreign(error: Exception) -> tuple[str, str] | None:
    """The library that an error comes from, and what to do."""
    packages = (kind.__module__.partition(".")[0] for kind in type(error).__mro__)
    return next((FOREIGN[package] for package in packages if package in FOREIGN), None)


def as_input_error(error: Exception) -> Exception:
    """Turn an invalid parameter, as pydantic or Prefect report it, into an InputError; keep any other error."""
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return _invalid(str(first["loc"][0]), first["msg"])
    if type(error).__name__ == "ParameterTypeError":
        name, _, fault = str(error).splitlines()[1].removeprefix(" - ").partition(": ")
        return _invalid(name, fault)
    return error


def _invalid(parameter: str, fault: str) -> InputError:
    """An InputError from ``fault``: pydantic's own message, or "Value error, " before one of ours."""
    cause, _, remedy = fault.removeprefix("Value error, ").partition(". ")
    if cause == fault:
        cause, remedy = f"Parameter {parameter}: {fault}", "See --help for what it takes"
    return InputError(cause, remedy.rstrip("."))


def _one_line(text: str) -> str:
    line = inert(" ".join(text.split())).rstrip(".")
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
