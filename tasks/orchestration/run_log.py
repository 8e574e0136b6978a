"""What the log of a flow run shows: each step that is done by its name, and each error once.

Prefect alone logs the traceback of one error in the task, in the flow and in the engine, even where the error is
foreseen and one line has said what to do.
"""

import logging
from collections.abc import Callable

LOGGERS = ("prefect.flow_runs", "prefect.task_runs", "prefect.engine")
ENDED = "Finished in state "
OF_PREFECT = (
    "Task run failed with exception",
    "Encountered exception during execution",
    "Engine execution exited",
    "Execution of flow run",
)
"""What Prefect says of an error before its traceback."""


class RunLog(logging.Filter):
    """Drops what a run's log says twice; ``is_foreseen`` tells which errors need no traceback."""

    def __init__(self, is_foreseen: Callable[[Exception], bool]) -> None:
        super().__init__()
        self.is_foreseen = is_foreseen
        self.last: BaseException | None = None

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record is logged; of a step that is done it names the step, and a traceback comes once."""
        said = record.getMessage()
        if error := record.exc_info[1] if record.exc_info else None:
            if self._is_news(error):
                return True
            record.exc_info, record.exc_text = None, None
            return not said.startswith(OF_PREFECT)
        step = getattr(record, "task_run_name", None)
        if step and said.startswith(ENDED):
            record.msg, record.args = f"{step}: done", ()
            return said == f"{ENDED}Completed()"
        return not said.startswith(f"{ENDED}Failed(")

    def _is_news(self, error: BaseException) -> bool:
        known = error is self.last or (isinstance(error, Exception) and self.is_foreseen(error))
        self.last = error
        return not known


def tidy_logs(is_foreseen: Callable[[Exception], bool]) -> None:
    """Install the filter in this process, once."""
    loggers = [logging.getLogger(name) for name in LOGGERS]
    if not any(isinstance(one, RunLog) for one in loggers[0].filters):
        shared = RunLog(is_foreseen)
        for logger in loggers:
            logger.addFilter(shared)
