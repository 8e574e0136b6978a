"""The decorator of every flow: its run shows progress and a page in Prefect, and fails with one line."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import wraps
from inspect import Signature, getsourcefile, signature
from typing import Any, ParamSpec, TypeVar, cast

from prefect import Flow, State, get_run_logger
from prefect.context import FlowRunContext
from prefect.logging import get_logger
from prefect.settings import PREFECT_API_URL
from prefect.states import Failed
from prefect.utilities.hashing import file_hash
from pydantic_core import to_jsonable_python

from flows.engine.error_messages import ErrorMessage, error_message, is_foreseen
from flows.engine.history import keep
from flows.engine.outcome import Outcome, tell
from flows.engine.run_page import failure_page, outcome_page
from flows.inputs.forms import filled_in, for_form
from tasks.lineage.ledger_table import ledger_table
from tasks.orchestration.artifacts import RunArtifacts, artifact_key
from tasks.orchestration.dashboards import Dashboards
from tasks.orchestration.progress_artifact import progress_artifact
from tasks.orchestration.run_log import tidy_logs
from tasks.orchestration.run_summary import SETTLING, RunSummary, settling_picture
from tasks.reporting.serving_now import describe_serving, serving_now

P = ParamSpec("P")
R = TypeVar("R")
TEXTS = ("notes", "refused")
FIRST_DELAY = 60
"""Seconds before the first retry; the delay doubles from one retry to the next."""


def flow(*, name: str, **options: Any) -> Callable[[Callable[P, R]], Flow[P, R]]:
    """Prefect's ``flow`` decorator, with progress, a page of the outcome, and one-line errors.

    Parameters are validated inside the run and an error ends it in ``Failed``, so that the message of the state
    is one line either way; the state holds the error, and ``result()`` raises it. Of a flow with retries only
    unforeseen errors are retried: GreenLightning's own errors and the time limit would end it the same way again.
    """

    def decorate(body: Callable[P, R]) -> Flow[P, R]:
        @wraps(body)
        def run_body(*args: P.args, **kwargs: P.kwargs) -> R:
            given = filled_in(signature(body).bind(*args, **kwargs).arguments, signature(body))
            run = _FlowRun(
                name,
                str(given.get("dataset") or ""),
                RunArtifacts.current(),
                news=_current.get() is None,
                form=signature(body),
            )
            tidy_logs(is_foreseen)
            with _as_current(run):
                run.name_process()
                try:
                    with run.progress():
                        result = body(**decorated.validate_parameters(given))  # type: ignore[call-arg]
                except asyncio.CancelledError:
                    run.stop_retrying()
                    raise
                except Exception as error:
                    return cast(R, run.fail(error))
                run.show_outcome(result)
            return result

        version = file_hash(getsourcefile(body) or __file__)
        settings = {"persist_result": False, "validate_parameters": False, "version": version, **options}
        decorated: Flow[P, R] = RecordedFlow(run_body, name, **settings)
        return decorated

    return decorate


class RecordedFlow(Flow[P, R]):
    """A flow whose run a Prefect server records; without a server it runs by itself, and `up` records it later."""

    def __call__(self, *args: Any, return_state: bool = False, **kwargs: Any) -> Any:  # type: ignore[override]
        if PREFECT_API_URL.value() or FlowRunContext.get():
            return super().__call__(*args, return_state=return_state, **kwargs)  # type: ignore[arg-type]
        started, nested = datetime.now(UTC), _current.get() is not None
        state: Any = self.fn(*args, **kwargs)
        if not isinstance(state, State):
            return state
        if not nested:
            given = signature(self.fn).bind(*args, **kwargs).arguments
            ending = {"type": state.type.value, "name": state.name, "message": state.message or ""}
            keep(self.name, to_jsonable_python(given, fallback=str), started, ending)
        return state if return_state else state.result()


def name_run(name: str, mlflow_run: str) -> None:
    """Record the MLflow run of the current flow run, and rename the flow run after the first one."""
    run = _current.get()
    if run and run.artifacts:
        if run.mlflow_run is None:
            with _log_failure("the name of the run"):
                run.artifacts.rename(name)
        run.mlflow_run = mlflow_run


@contextmanager
def part_of_run(dataset: str) -> Iterator["_FlowRun"]:
    """The part of a flow run that covers one of its datasets: its own progress, and its own page if it fails."""
    whole = _current.get()
    assert whole is not None
    part, whole.news = replace(whole, dataset=dataset, mlflow_run=None, news=True), False
    with _as_current(part):
        try:
            with part.progress():
                yield part
        except Exception as error:
            part.show_failure(error)
            raise


@dataclass
class _FlowRun:
    """One run of a flow; ``artifacts`` is None where the flow's function is called without Prefect.

    It tells the ``news``, unless its parts do, or the run that it is a part of.
    """

    flow: str
    dataset: str
    artifacts: RunArtifacts | None
    mlflow_run: str | None = None
    news: bool = True
    form: Signature = field(default_factory=Signature)

    def name_process(self) -> None:
        """Let the run be ended where this process is killed."""
        if self.artifacts:
            with _log_failure("the process of the run"):
                self.artifacts.name_process()

    @contextmanager
    def progress(self) -> Iterator[None]:
        """Show the progress of the body."""
        if self.artifacts is None:
            yield
            return
        with progress_artifact(self.artifacts, artifact_key(self.flow, self.dataset, "progress")):
            yield

    def show_outcome(self, result: object) -> None:
        """Create the page of an outcome; with a version also its ledger, with a structure also how it settled.

        Without a server only MLflow's page of the model says what serves.
        """
        outcome = result.data if isinstance(result, State) else None
        if not isinstance(outcome, Outcome):
            return
        now = _serving_now(outcome.dataset) if self.artifacts or outcome.version else {}
        if outcome.version:
            with _log_failure("what serves now, in MLflow"):
                describe_serving(outcome.dataset, now)
        if self.artifacts is None:
            return
        if self.news:
            tell(outcome)
        with _log_failure("the outcome"):
            summary = RunSummary.of(outcome.run_id) if outcome.run_id else None
            picture = settling_picture(summary.run_id) if summary and summary.trained_structure else None
            page = outcome_page(self.flow, self._in_form(outcome), summary, picture, now)
            if now:
                lines = "\n".join(f"{question}: {answer}" for question, answer in now.items())
                get_run_logger().info("what serves now\n%s", lines)
            self.artifacts.create("markdown", artifact_key(self.flow, outcome.dataset), page, outcome.ending)
            if outcome.version:
                title = f"Batches learnt by version {outcome.version} of {outcome.dataset}, the latest first"
                rows = ledger_table(outcome.dataset, outcome.version)
                self.artifacts.create("table", artifact_key("ledger", outcome.dataset), rows, title)
            if picture and (link := Dashboards.current().mlflow_file(str(outcome.run_id), SETTLING)):
                key = artifact_key("settling", outcome.dataset)
                self.artifacts.create("image", key, link, "Flip rate and weight change by epoch")

    def stop_retrying(self) -> None:
        """Keep Prefect from retrying the run."""
        if self.artifacts and self.artifacts.retries_left > 0:
            self.artifacts.stop_retrying()

    def fail(self, error: Exception) -> State[Any]:
        """Return the failed state with a one-line message; raise ``error`` where Prefect will retry the run."""
        if self.artifacts and self.artifacts.retries_left > 0 and not is_foreseen(error):
            self.artifacts.retry_after(FIRST_DELAY * 2 ** (self.artifacts.attempt - 1))
            raise error
        self.stop_retrying()
        self.show_failure(error)
        return Failed(message=self._message(error).line, data=error)

    def _message(self, error: Exception) -> ErrorMessage:
        """The cause and the remedy; for a run on a server, the remedy names the fields of its form."""
        message = error_message(error)
        return message._replace(remedy=for_form(message.remedy, self.form)) if self.artifacts else message

    def _in_form(self, outcome: Outcome) -> Outcome:
        """The outcome whose notes and refusals name the fields of the form."""
        shown = {name: tuple(for_form(one, self.form) for one in getattr(outcome, name)) for name in TEXTS}
        return outcome.model_copy(update=shown)

    def show_failure(self, error: Exception) -> None:
        """Log an error, and create the page of a failure."""
        if self.artifacts is None:
            return
        message, foreseen = self._message(error), is_foreseen(error)
        get_run_logger().error(message.line, exc_info=error)
        with _log_failure("the failure"):
            summary = RunSummary.of(self.mlflow_run) if foreseen and self.mlflow_run else None
            page = failure_page(self.flow, self.dataset, message, summary, _serving_now(self.dataset))
            key = artifact_key(self.flow, self.dataset)
            self.artifacts.create("markdown", key, page, f"failed: {message.cause}")


def _serving_now(dataset: str) -> dict[str, str]:
    """What serves; nothing where the store is not there, or the name is none."""
    with suppress(Exception):
        return serving_now(dataset)
    return {}


_current: ContextVar[_FlowRun | None] = ContextVar("run", default=None)


@contextmanager
def _as_current(run: _FlowRun) -> Iterator[None]:
    token = _current.set(run)
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def _log_failure(what: str) -> Iterator[None]:
    """Log a failure of the dashboard; a dashboard that is slow or absent fails no run."""
    try:
        yield
    except Exception as error:
        logger = get_run_logger() if FlowRunContext.get() else get_logger()
        logger.warning("The dashboard does not show %s: %s", what, error)
