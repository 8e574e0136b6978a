"""Types of the flows' parameters: they validate, and describe themselves in the dashboard's forms."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from greenlightning.errors import InputError
from tasks.core.settings import WhenMoved
from tasks.core.workspace import NAME, checked_name
from tasks.data.batch_index import BATCH_ID, checked_id

DatasetName = Annotated[
    str,
    AfterValidator(lambda name: checked_name(name)),
    Field(description="dataset, experiment and model name", json_schema_extra={"pattern": f"^{NAME.pattern}$"}),
]


BatchId = Annotated[
    str,
    AfterValidator(checked_id),
    Field(description="batch id: 16 hex digits", json_schema_extra={"pattern": f"^{BATCH_ID.pattern}$"}),
]


NewLabels = Annotated[bool, Field(description="learn labels that the model does not know yet")]


QuarantineMoved = Annotated[
    WhenMoved,
    Field(
        description="quarantine batches whose means, ranges or mix have moved: never (they are learnt and "
        "reported), where structure health is red too, or always"
    ),
]


def stated(reason: str) -> str:
    if not reason.strip():
        raise InputError("A decision needs a reason", "Give it with --reason")
    return reason.strip()


Stated = Annotated[
    str,
    AfterValidator(stated),
    Field(description="why; kept with the version and the run", json_schema_extra={"minLength": 1}),
]


VersionNumber = Annotated[int, Field(ge=1, description="number of the version")]


Runner = Annotated[
    Literal["local", "gpu"],
    Field(description="where the linear part is learnt: in the run itself, or by a worker of the pool gpu"),
]
