"""Submit a run that may wait to the runner: ``greenlightning up`` starts one, and so does a worker."""

import inspect
from datetime import UTC, datetime
from typing import Any

from httpx import HTTPError, HTTPStatusError
from prefect import Flow
from prefect.client.orchestration import get_client
from prefect.exceptions import ObjectNotFound
from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings
from pydantic import BaseModel

from flows.engine.outcome import Outcome
from flows.inputs.start_limits import deadline_of
from greenlightning.errors import InputError
from tasks.orchestration.dashboards import Dashboards


def submit(flow: Flow[..., Any], parameters: dict[str, Any]) -> Outcome:
    """Create a run of the deployment named like ``flow`` and return at once; InputError where there is no runner.

    Parameters are validated, but sent as given: serialised to seconds, a duration would be read as a date of 1970.
    """
    dashboards = Dashboards.current()
    if dashboards.prefect_url is None:
        raise InputError("A run that waits needs a runner, and none is running", "Run: greenlightning up")
    values = flow.validate_parameters(parameters)
    deadline_of(values["latest_start"], values["carbon_source"], values["jitter"], datetime.now(UTC))
    name = f"{flow.name}/{flow.name}"
    at = {PREFECT_API_URL: f"{dashboards.prefect_url}/api", PREFECT_CLIENT_MAX_RETRIES: 1}
    try:
        with (
            temporary_settings(at),
            get_client(sync_client=True) as client,
        ):
            deployment = client.read_deployment_by_name(name)
            given = flow.serialize_parameters(in_form(flow, parameters))
            run = client.create_flow_run_from_deployment(deployment.id, parameters=given)
    except ObjectNotFound as error:
        raise InputError(
            f"Prefect has no deployment {name}", "Run: prefect deploy --all --prefect-file infra/prefect.yaml"
        ) from error
    except HTTPStatusError as error:
        raise InputError(
            f"Prefect refused the run: {error.response.text}",
            "If its deployments are of another release, run: greenlightning down, then greenlightning up",
        ) from error
    except HTTPError as error:
        raise InputError(
            f"Prefect at {dashboards.prefect_url} does not answer", "Run: greenlightning up"
        ) from error
    reason = f"the runner decides when to start: {dashboards.prefect_run(str(run.id))}"
    return Outcome(state="Handed over", dataset=parameters["dataset"], reason=reason)


def in_form(flow: Flow[..., Any], parameters: dict[str, Any]) -> dict[str, Any]:
    """The parameters with the fields that the flow's form has: a group that is given may have more."""
    signature = inspect.signature(flow.fn, eval_str=True).parameters
    groups = {name: type(one.default) for name, one in signature.items() if isinstance(one.default, BaseModel)}
    return {
        name: group(**value.model_dump(include=set(group.model_fields)))
        if (group := groups.get(name)) and isinstance(value, group)
        else value
        for name, value in parameters.items()
    }
