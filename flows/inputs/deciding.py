"""Whether the settings of the gate and of decisions fit the task and its classes, before Prefect is imported."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from greenlightning.errors import InputError
from tasks.core.settings import ClassWeight, Deciding
from tasks.core.workspace import Workspace
from tasks.data.batch_index import batches

if TYPE_CHECKING:
    from tasks.data.preflight import Found


def check_deciding(
    dataset: str, deciding: Deciding, class_weight: ClassWeight = "keep", new_labels: bool = False
) -> None:
    """Check the settings against the schema and the labels of a dataset; with ``new_labels`` others may come."""
    from tasks.data.schemas import known_schema

    if schema := known_schema(dataset):
        is_open = new_labels or any(Workspace.current().incoming(dataset).glob("*.parquet"))
        check_fit(schema.task, set() if is_open else _classes(dataset), deciding, class_weight)


def check_first(dataset: str, found: "Found | None", deciding: Deciding) -> None:
    """Check the settings against files that come in, beside what the dataset has."""
    if found:
        check_fit(found.task, found.classes | _classes(dataset), deciding)


def check_fit(task: str, classes: Collection[Any], deciding: Deciding, class_weight: ClassWeight = "keep") -> None:
    """Check that the score is one of the task, and that costs, threshold and weights fit the classes, if known."""
    from greenlightning.evaluation.rules import DecisionRule
    from greenlightning.evaluation.score import Score
    from tasks.models.class_weights import of_labels

    if deciding.metric != "auto":
        Score(deciding.metric).check_task(task)
    weights = class_weight if class_weight != "keep" else deciding.class_weight
    threshold = None if isinstance(deciding.threshold, str) else deciding.threshold
    if task == "regression":
        _refuse({"costs": deciding.costs, "decision threshold": threshold, "class weights": weights != "keep"})
    elif classes:
        DecisionRule(None if deciding.costs else threshold, deciding.costs).check(list(classes))
        of_labels(weights, classes)


def _refuse(given: dict[str, Any]) -> None:
    for what, value in given.items():
        if value:
            raise InputError(f"A regression has no {what}", "Leave the option out")


def _classes(dataset: str) -> set[Any]:
    return {label for ref in batches(dataset) for label in ref.classes}
