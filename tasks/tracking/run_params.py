"""Parameters that every run with a model logs alike, so that MLflow's compare view lines them up."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tasks.core.constants import Metric, Params, SharedParam, Tag
from tasks.tracking.client import connect

if TYPE_CHECKING:
    from mlflow.entities import Run

    from greenlightning.model import GreenLightningModel

BARE = {
    "rows": SharedParam.ROWS,
    "batches": SharedParam.BATCHES,
    "n_path_features": SharedParam.FEATURES,
    "alpha": SharedParam.ALPHA,
}
"""Facts of ``describe()`` that baselines have too, logged under these names instead of ``model.…``."""

COLOUR_TAG = "mlflow.runColor"
COLOURS = {
    "train": "#0c4a22",
    "retrain": "#1b7f3b",
    "forget": "#3f8f8a",
    "federate": "#58ab74",
    "conventional": "#7d837f",
    "random gates": "#a88f3f",
}
"""A colour for each method in MLflow's charts; ours are greens."""
TRAININGS = ("#0c4a22", "#2b6cb0", "#b7791f", "#9b2c6f", "#5a4fcf", "#c2452d", "#0e7c86")
"""Colours of trainings, by version in turn: their curves lie in one chart."""


def log_model_params(run: "Run", model: "GreenLightningModel", version: int) -> None:
    """Log the parameters of a version that ``run`` made: the shared ones, and other facts as ``model.…``."""
    facts: dict[str, object] = {
        f"{Params.MODEL}{name}": value for name, value in model.describe().items() if name not in BARE
    }
    method, epochs = run.data.tags[Tag.KIND], int(run.data.metrics.get(Metric.EPOCHS, 0))
    facts |= axes(f"v{version}", run.data.metrics)
    tags: dict[str, str] = {Tag.VERSION: str(version)}
    if epochs:
        tags[COLOUR_TAG] = TRAININGS[(version - 1) % len(TRAININGS)]
    log_shared_params(run.info.run_id, method, epochs, shared_params(model), facts, tags)


def axes(name: str, metrics: Mapping[str, float]) -> dict[str, object]:
    """Parameters for MLflow's comparison, which draws the first three that differ, and one metric.

    The accuracy is one of them. So is the score with the model's name, which differs where the score does not;
    the page shows ten characters of it.
    """
    score = next((f"{metrics[one]:.4f} " for one in (Metric.ACCURACY, Metric.R2) if one in metrics), "")
    found: dict[str, object] = {SharedParam.MODEL: f"{score}{name}"}
    if Metric.ACCURACY in metrics:
        found[SharedParam.ACCURACY] = round(metrics[Metric.ACCURACY], 4)
    return found


def shared_params(model: "GreenLightningModel") -> dict[SharedParam, float]:
    """The shared parameters that follow from the model alone."""
    facts = model.describe()
    numbers = {name: facts[fact] for fact, name in BARE.items()}
    history = model.structure.history
    settled = {SharedParam.SETTLED_AT: history.epochs} if history and history.settled else {}
    return {name: number for name, number in numbers.items() if not isinstance(number, str)} | {
        SharedParam.GATES: sum(model.structure.hidden_layer_sizes),
        **settled,
    }


def log_shared_params(
    run_id: str,
    method: str,
    epochs: int,
    numbers: Mapping[SharedParam, float],
    facts: Mapping[str, object] | None = None,
    tags: Mapping[str, str] | None = None,
) -> None:
    """Log how a model was made, its epochs of gradient descent and its sizes; colour the run by its method.

    Other ``facts`` (parameters) and ``tags`` go with it in the same request.
    """
    from mlflow.entities import Param, RunTag

    values: dict[str, object] = {SharedParam.METHOD: method, SharedParam.EPOCHS: epochs, **(facts or {})}
    values |= {str(name): number for name, number in numbers.items()}
    colour: dict[str, str] = {COLOUR_TAG: COLOURS[method]} if method in COLOURS else {}
    connect().log_batch(
        run_id,
        params=[Param(name, str(value)) for name, value in values.items()],
        tags=[RunTag(name, value) for name, value in {**colour, **(tags or {})}.items()],
    )
