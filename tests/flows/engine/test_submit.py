"""What the command line submits fits the form of the deployment."""

from typing import Any

import pytest
from prefect.utilities.schema_tools import ValidationError, validate

from flows import deployments
from flows.engine.submit import in_form
from flows.learning.retrain import retrain
from tasks.core.settings import Deciding


def checked(parameters: dict[str, Any]) -> None:
    """Check parameters as the server does."""
    form = deployments.retrain.parameters.model_dump()
    validate(retrain.serialize_parameters(parameters), form, raise_on_error=True, ignore_required=True)


def test_a_group_with_more_fields_than_the_form_is_sent_with_those_of_the_form() -> None:
    given = {"dataset": "digits", "deciding": Deciding(metric="cost", margin=0.02), "latest_start": "PT8H"}
    with pytest.raises(ValidationError, match="holdout"):
        checked(given)
    sent = in_form(retrain, given)
    checked(sent)
    assert (sent["deciding"].metric, sent["deciding"].margin) == ("cost", 0.02)
    assert (sent["dataset"], sent["latest_start"]) == ("digits", "PT8H")
