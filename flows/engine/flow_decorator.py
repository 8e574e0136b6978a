"""The decorator of our flows: a run shows its progress, a page of what it came to, or one line of what failed."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import wraps
from inspect import getsourcefile, signature
from typing import Any, ParamSpec, TypeVar, cast

from prefect import Flow, State, get_run_logger
from prefect.states import Failed
from prefect.utilities.hashing import file_hash

from flows.engine.error_messages import error_message, is_foreseen
from flows.engine.outcome import Outcome
from flows.engine.run_page import failure_page, outcome_page
from tasks.lineage.ledger_table import ledger_table
from tasks.orchestration.artifacts import RunArtifacts, artifact_key
from tasks.orchestration.dashboards import Dashboards
from tasks.orchestration.progress_artifact import live_progress
from tasks.orchestration.run_summary import SETTLING, RunSummary, settling_picture

P = ParamSpec("P")
R = TypeVar("R")
FIRST_DELAY = 60
"""Seconds before the first retry; the wait doubles from one to the next."""


def flow(*, name: str, **options: Any) -> Callable[[Callable[P, R]], Flow[P, R]]:
    """Prefect's ``flow``, told to whoever looks at the dashboard.

    Parameters are validated inside the run and an error ends it in ``Failed``, so that the message of the state
    is our one line either way; the state still holds the error, and ``result()`` raises it. Of a flow with retries
    only what others raise is tried again: our own errors and the time limit would end it so each time.
    """

    def decorated(body: Callable[P, R]) -> Flow[P, R]:
        @wraps(body)
        def told(*args: P.args, **kwargs: P.kwargs) -> R:
            given = signature(body).bind(*args, **kwargs).arguments
            run = _Run(name, str(given.get("dataset") or ""), RunArtifacts.current())
            with _current_is(run):
                try:
                    with run.progress():
                        result = body(**made.validate_parameters(given))  # type: ignore[call-arg]
                except asyncio.CancelledError:
                    run.stopped()
                    raise
                except Exception as error:
                    return cast(R, run.failed(error))
                run.ended(result)
            return result

        version = file_hash(getsourcefile(body) or __file__)
        settings = {"persist_result": False, "validate_parameters": False, "version": version, **options}
        made: Flow[P, R] = Flow(told, name, **settings)
        return made

    return decorated


def name_run(name: str, mlflow_run: str) -> None:
    """Say what the flow run of the moment is called, and which MLflow run goes with it; its first name stays."""
    run = _current.get()
    if run and run.board:
        if run.mlflow_run is None:
            with _harmless("its name"):
                run.board.rename(name)
        run.mlflow_run = mlflow_run


@contextmanager
def part_of_run(dataset: str) -> Iterator["_Run"]:
    """One dataset of a run that covers several: it has its own progress, and its own page if it fails."""
    whole = _current.get()
    assert whole is not None
    part = replace(whole, dataset=dataset, mlflow_run=None)
    with _current_is(part):
        try:
            with part.progress():
                yield part
        except Exception as error:
            part.explain(error)
            raise


@dataclass
class _Run:
    """One run of a flow; ``board`` is None where it is called without Prefect."""

    flow: str
    dataset: str
    board: RunArtifacts | None
    mlflow_run: str | None = None

    @contextmanager
    def progress(self) -> Iterator[None]:
        """Show how far the steps are."""
        if self.board is None:
            yield
            return
        with live_progress(self.board, artifact_key(self.flow, self.dataset, "progress")):
            yield

    def ended(self, result: object) -> None:
        """Put up the page of an outcome; of a published version the ledger too, and how a structure settled."""
        outcome = result.data if isinstance(result, State) else None
        if self.board is None or not isinstance(outcome, Outcome):
            return
        with _harmless("what it came to"):
            facts = RunSummary.of(outcome.run_id) if outcome.run_id else None
            picture = settling_picture(outcome.run_id) if facts and facts.settled and outcome.run_id else None
            page = outcome_page(self.flow, outcome, facts, picture)
            self.board.put("markdown", artifact_key(self.flow, outcome.dataset), page, outcome.ending)
            if outcome.version:
                about = f"What version {outcome.version} of {outcome.dataset} has learnt, the last first"
                rows = ledger_table(outcome.dataset, outcome.version)
                self.board.put("table", artifact_key("ledger", outcome.dataset), rows, about)
            if picture and (link := Dashboards.current().mlflow_file(str(outcome.run_id), SETTLING)):
                key = artifact_key("settling", outcome.dataset)
                self.board.put("image", key, link, "Flip rate and weight change by epoch")

    def stopped(self) -> None:
        """Have a run that took too long end for good."""
        if self.board and self.board.retries_left > 0:
            self.board.stop_retrying()

    def failed(self, error: Exception) -> State[Any]:
        """The failed state, its message one line; raises ``error`` where Prefect will try again."""
        if self.board and self.board.retries_left > 0:
            if not is_foreseen(error):
                self.board.retry_after(FIRST_DELAY * 2 ** (self.board.attempt - 1))
                raise error
            self.board.stop_retrying()
        self.explain(error)
        return Failed(message=error_message(error).line, data=error)

    def explain(self, error: Exception) -> None:
        """Log why the run failed, and put up a page that says so."""
        if self.board is None:
            return
        why, ours = error_message(error), is_foreseen(error)
        get_run_logger().error(why.line, exc_info=None if ours else error)
        with _harmless("why it failed"):
            facts = RunSummary.of(self.mlflow_run) if ours and self.mlflow_run else None
            page = failure_page(self.flow, self.dataset, why, facts)
            self.board.put("markdown", artifact_key(self.flow, self.dataset), page, f"failed: {why.cause}")


_current: ContextVar[_Run | None] = ContextVar("run", default=None)


@contextmanager
def _current_is(run: _Run) -> Iterator[None]:
    token = _current.set(run)
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def _harmless(what: str) -> Iterator[None]:
    """Log what could not be shown; a dashboard that is slow or gone fails no run."""
    try:
        yield
    except Exception as error:
        get_run_logger().warning("The dashboard does not show %s: %s", what, error)
