"""What every run that makes a model logs alike, so that MLflow's compare view can put them side by side."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tasks.names import Metric, Params, Shared, Tag
from tasks.tracking import connect

if TYPE_CHECKING:
    from mlflow.entities import Run

    from greenlightning.model import GreenLightningModel

BARE = {"rows": Shared.ROWS, "batches": Shared.BATCHES, "n_path_features": Shared.FEATURES, "alpha": Shared.ALPHA}
"""Facts of ``describe()`` that references have too: logged under these names instead of ``model.…``."""

COLOUR_TAG = "mlflow.runColor"
COLOURS = {
    "train": "#0c4a22",
    "retrain": "#1b7f3b",
    "forget": "#3f8f8a",
    "federate": "#58ab74",
    "conventional": "#7d837f",
    "random gates": "#a88f3f",
}
"""One colour a method in MLflow's charts: greens are ours."""


def log_made(run: "Run", model: "GreenLightningModel", version: int) -> None:
    """Log the version that a flow's ``run`` made: the shared parameters, and other facts as ``model.…``."""
    facts = {f"{Params.MODEL}{name}": value for name, value in model.describe().items() if name not in BARE}
    method, epochs = run.data.tags[Tag.KIND], int(run.data.metrics.get(Metric.EPOCHS, 0))
    log_shared(run.info.run_id, method, epochs, shared(model), facts, {Tag.VERSION: str(version)})


def shared(model: "GreenLightningModel") -> dict[Shared, float]:
    """The shared parameters that a model itself answers for."""
    facts = model.describe()
    numbers = {name: facts[fact] for fact, name in BARE.items()}
    return {name: number for name, number in numbers.items() if not isinstance(number, str)} | {
        Shared.GATES: sum(model.structure.hidden_layer_sizes)
    }


def log_shared(
    run_id: str,
    method: str,
    epochs: int,
    numbers: Mapping[Shared, float],
    facts: Mapping[str, object] | None = None,
    tags: Mapping[str, str] | None = None,
) -> None:
    """Log how a model was made, its epochs of gradient descent and its sizes; colour the run by its method.

    Other ``facts`` (parameters) and ``tags`` go with it in the same request.
    """
    from mlflow.entities import Param, RunTag

    values: dict[str, object] = {Shared.METHOD: method, Shared.EPOCHS: epochs, **(facts or {})}
    values |= {str(name): number for name, number in numbers.items()}
    colour: dict[str, str] = {COLOUR_TAG: COLOURS[method]} if method in COLOURS else {}
    connect().log_batch(
        run_id,
        params=[Param(name, str(value)) for name, value in values.items()],
        tags=[RunTag(name, value) for name, value in {**colour, **(tags or {})}.items()],
    )
