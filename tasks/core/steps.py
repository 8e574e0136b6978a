"""Steps of the pipeline: task runs of Prefect inside a flow run, plain calls elsewhere."""

import sys
from collections.abc import Callable
from functools import cached_property, update_wrapper
from inspect import signature
from typing import Any, Generic, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Step(Generic[P, R]):
    """A function that is a task of Prefect inside a flow run, and needs neither Prefect nor a server elsewhere.

    Inside one its arguments are quoted: Prefect would search all that they hold for the results of other tasks.
    """

    def __init__(self, body: Callable[P, R], options: dict[str, Any]) -> None:
        self.fn = body
        self._options = options
        update_wrapper(self, body)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        if not _in_a_run():
            return self.fn(*args, **kwargs)
        from prefect.utilities.annotations import quote

        named = signature(self.fn).bind(*args, **kwargs).arguments
        found: R = self._task(**{name: quote(value) for name, value in named.items()})
        return found

    @cached_property
    def _task(self) -> Any:
        from prefect import Task

        return Task(self.fn, **self._options)


def task(**options: Any) -> Callable[[Callable[P, R]], Step[P, R]]:
    """A decorator as Prefect's ``task``, for steps."""
    return lambda body: Step(body, options)


def _in_a_run() -> bool:
    """Whether a flow or task run of Prefect calls; where Prefect is not imported none does."""
    if "prefect.context" not in sys.modules:
        return False
    from prefect.context import FlowRunContext, TaskRunContext

    return bool(FlowRunContext.get() or TaskRunContext.get())
