"""What a run's log shows: steps by their names, and every error once."""

import logging

import pytest

from flows.engine.error_messages import is_foreseen
from greenlightning.errors import InputError
from tasks.orchestration.run_log import LOGGERS, RunLog, tidy_logs

FORESEEN, UNFORESEEN = InputError("It is wrong", "Give it right"), KeyError("no such thing")


def record(text: str, error: Exception | None = None, step: str | None = None) -> logging.LogRecord:
    """A record as Prefect logs it."""
    told = (type(error), error, None) if error else None
    made = logging.LogRecord("prefect.task_runs", logging.INFO, __file__, 1, text, (), told)
    made.__dict__ |= {"task_run_name": step} if step else {}
    return made


def logged(*records: logging.LogRecord) -> list[tuple[str, bool]]:
    """What is left of the records, each with whether it has a traceback."""
    log = RunLog(is_foreseen)
    return [(one.getMessage(), one.exc_info is not None) for one in records if log.filter(one)]


@pytest.mark.parametrize(("error", "traceback"), [(FORESEEN, False), (UNFORESEEN, True)])
def test_an_error_is_one_line_and_its_traceback_comes_once_if_it_was_not_foreseen(
    error: Exception, traceback: bool
) -> None:
    found = logged(
        record("Task run failed with exception: …", error, step="land"),
        record("Finished in state Failed('…')", step="land"),
        record("What is wrong. What to do.", error),
        record("Finished in state Failed('What is wrong. What to do.')"),
        record("Engine execution exited with unexpected exception", error),
        record("Execution of flow run 'x' exited with unexpected exception", error),
    )
    assert found[-1] == ("What is wrong. What to do.", False)
    assert found[:-1] == ([("Task run failed with exception: …", True)] if traceback else [])


def test_a_step_that_is_done_is_named_and_a_named_end_of_the_run_is_kept() -> None:
    found = logged(
        record("Finished in state Completed()", step="land march.csv"),
        record("Finished in state Settled('epoch 7 …', type=COMPLETED)", step="settling, epoch 7: settled"),
        record("Finished in state Promoted('accuracy 0.98', type=COMPLETED)"),
        record("epoch 7 of 24: …", step="settling, epoch 7: settled"),
    )
    assert [text for text, _ in found] == [
        "land march.csv: done",
        "Finished in state Promoted('accuracy 0.98', type=COMPLETED)",
        "epoch 7 of 24: …",
    ]


def test_the_filter_is_installed_once() -> None:
    for _ in range(2):
        tidy_logs(is_foreseen)
    installed = [[one for one in logging.getLogger(name).filters if isinstance(one, RunLog)] for name in LOGGERS]
    assert [len(found) for found in installed] == [1, 1, 1] and installed[0] == installed[1] == installed[2]
