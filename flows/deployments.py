"""The flows as workers run them: time limits, retries, and the descriptions in the dashboard's forms."""

import inspect
from collections.abc import Callable
from typing import Annotated, Any, get_args, get_origin

from prefect import Flow
from prefect.utilities.callables import parameter_schema
from pydantic import BaseModel

import flows.learning.federate
import flows.learning.fit
import flows.learning.forget
import flows.learning.ingest
import flows.learning.label
import flows.learning.learn
import flows.learning.retrain
import flows.learning.train
import flows.predictions.score
import flows.quarantine.decide
import flows.quarantine.relearn
import flows.versions.compare
import flows.versions.maintenance
import flows.versions.pin
import flows.versions.promote
import flows.versions.report
import flows.versions.reproduce
import flows.versions.rollback
from flows.engine.flow_decorator import FIRST_DELAY
from flows.inputs.forms import form_signature

RETRIES = 2
HOUR = 3600


def deployed(flow: Flow[..., Any], hours: float) -> Flow[..., Any]:
    """Return ``flow`` with a time limit, retries, and a form: its parameters described, groups of them folded.

    ``flows.engine.flow_decorator`` decides which errors are retried, and after which delay.
    """
    made = flow.with_options(retries=RETRIES, retry_delay_seconds=FIRST_DELAY, timeout_seconds=hours * HOUR)
    made.__doc__ = f"{inspect.getdoc(flow.fn)}\n\nArgs:\n{_descriptions(flow.fn)}"
    made.__signature__ = form_signature(inspect.signature(flow.fn, eval_str=True))  # type: ignore[attr-defined]
    made.parameters = parameter_schema(made)
    return made


def _descriptions(body: Callable[..., Any]) -> str:
    """A line for each described parameter; Prefect reads descriptions from docstrings only."""
    parameters = inspect.signature(body, eval_str=True).parameters
    found = {name: _described(parameter.annotation) for name, parameter in parameters.items()}
    return "\n".join(f"    {name}: {text}" for name, text in found.items() if text)


def _described(annotation: Any) -> str | None:
    """The description in an annotation, or in a member of a union; of a group what its class says."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return inspect.getdoc(annotation)
    if get_origin(annotation) is Annotated:
        of, *about = get_args(annotation)
        return next((field.description for field in about if getattr(field, "description", None)), _described(of))
    return next((text for part in get_args(annotation) if (text := _described(part))), None)


ingest = deployed(flows.learning.ingest.ingest, hours=1)
hold = deployed(flows.learning.label.hold_for_labels, hours=1)
label = deployed(flows.learning.label.label, hours=1)
learn = deployed(flows.learning.learn.learn, hours=12)
train = deployed(flows.learning.train.train, hours=12)
retrain = deployed(flows.learning.retrain.retrain, hours=6)
fit = deployed(flows.learning.fit.fit, hours=4)
forget = deployed(flows.learning.forget.forget, hours=12)
federate = deployed(flows.learning.federate.federate, hours=6)
combine = deployed(flows.learning.federate.combine, hours=6)
leave = deployed(flows.learning.federate.leave, hours=6)
score = deployed(flows.predictions.score.score, hours=6)
promote = deployed(flows.versions.promote.promote, hours=1)
rollback = deployed(flows.versions.rollback.rollback, hours=1)
pin = deployed(flows.versions.pin.pin, hours=1)
unpin = deployed(flows.versions.pin.unpin, hours=1)
maintenance = deployed(flows.versions.maintenance.maintenance, hours=6)
accept = deployed(flows.quarantine.decide.accept, hours=1)
discard = deployed(flows.quarantine.decide.discard, hours=1)
relearn = deployed(flows.quarantine.relearn.relearn, hours=1)
compare = deployed(flows.versions.compare.compare, hours=1)
report = deployed(flows.versions.report.report, hours=1)
reproduce = deployed(flows.versions.reproduce.reproduce, hours=12)
