"""Error messages: a cause and a remedy on one line, for every error."""

import errno

import pytest

from flows.engine.error_messages import LONGEST, error_message, is_foreseen
from greenlightning.errors import InputError


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (InputError("The file\nis empty.", "Give another."), "The file is empty. Give another."),
        (OSError(errno.ENOSPC, "no"), "The disk is full. Free some space, then run it again."),
        (MemoryError(), "Memory is exhausted. Learn smaller batches, or use a larger machine."),
        (KeyError("a"), "Unexpected KeyError: 'a'. The run's log shows where; please report it."),
    ],
)
def test_every_error_has_a_cause_and_a_remedy_on_one_line(error: Exception, line: str) -> None:
    assert error_message(error).line == line
    assert is_foreseen(error) is isinstance(error, InputError)


def test_an_error_of_a_library_names_the_library() -> None:
    from mlflow.exceptions import MlflowException

    why = error_message(MlflowException("x" * 2 * LONGEST))
    assert why.cause.startswith("MLflow failed: xxx") and len(why.cause) <= LONGEST + len("MLflow failed: ")
    assert why.remedy == "Check that it runs and that its store is reachable, then run it again"
