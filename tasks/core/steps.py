"""Steps of the pipeline: task runs of Prefect inside a flow run, plain calls elsewhere."""

from collections.abc import Callable
from inspect import signature
from typing import Any, ParamSpec, TypeVar

from prefect import Task
from prefect.context import FlowRunContext, TaskRunContext
from prefect.utilities.annotations import quote

P = ParamSpec("P")
R = TypeVar("R")


class Step(Task[P, R]):
    """A task that needs no server: outside a flow run Prefect would start one to record it.

    Inside one its arguments are quoted: Prefect would search all that they hold for the results of other tasks.
    """

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if FlowRunContext.get() or TaskRunContext.get():
            named = signature(self.fn).bind(*args, **kwargs).arguments
            return super().__call__(**{name: quote(value) for name, value in named.items()})  # type: ignore[call-overload]
        return self.fn(*args, **kwargs)


def task(**options: Any) -> Callable[[Callable[P, R]], Task[P, R]]:
    """Prefect's ``task`` decorator, for steps."""
    return lambda body: Step(body, **options)
