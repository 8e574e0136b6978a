"""Evaluation on the fixed holdout: a model's scores, its confusion matrix, its place beside the champion."""

from pathlib import Path
from typing import TYPE_CHECKING

from prefect import task

from greenlightning.energy import EnergyMeter
from greenlightning.evaluation import Decision, compare, evaluate, gate
from tasks import progress, registry, tracking
from tasks.landing import load_batch
from tasks.names import Metric, Part, Subject
from tasks.pointers import BatchRef
from tasks.retraining import log_gate
from tasks.spending import Spent
from tasks.versioning import checkout

if TYPE_CHECKING:
    from greenlightning.evaluation import Evaluation

SCORED = (Metric.ACCURACY, Metric.MACRO_F1, Metric.LOG_LOSS)


def scores(evaluation: "Evaluation") -> dict[str, float]:
    """The scores that MLflow keeps of an evaluation."""
    return {str(name): getattr(evaluation, name) for name in SCORED}


@task(task_run_name="evaluate {dataset}", persist_result=False)
def evaluate_model(
    dataset: str, model_dir: Path, holdout: BatchRef, run_id: str, champion: int | None
) -> tuple[dict[str, float], Spent]:
    """Score the saved model, and the champion version beside it, on the holdout; log scores and picture."""
    from greenlightning.model import GreenLightningModel
    from tasks.plots import confusion_figure

    X, y = load_batch(checkout(holdout))
    with tracking.part_run(run_id, Part.EVALUATION) as part:
        with EnergyMeter() as meter:
            model = GreenLightningModel.load(model_dir)
            found = evaluate(y, model.predict_proba(X), model.classes)
        for run in (part, run_id):
            tracking.log_evaluation(run, scores(found))
        tracking.connect().log_figure(run_id, confusion_figure(found.confusion, found.classes), "confusion.png")
        tracking.log_batch_input(run_id, holdout, role="holdout")
        if champion is not None:
            serving = registry.load(dataset, champion)
            beside = evaluate(y, serving.predict_proba(X), serving.classes)
            tracking.log_evaluation(run_id, scores(beside), Subject.CHAMPION)
        spent = Spent.of(meter.energy)
        tracking.log_energy(part, **spent.logged())
    progress.tell("evaluation", 1, 1)
    return scores(found), spent


@task(task_run_name="compare {dataset} with version {champion}", persist_result=False)
def compare_with_champion(
    dataset: str, model_dir: Path, holdout: BatchRef, run_id: str, champion: int, margin: float
) -> Decision:
    """The gate for a model that was made another way (first training, federation): the holdout alone."""
    from greenlightning.model import GreenLightningModel

    X, y = load_batch(checkout(holdout))
    challenger, serving = GreenLightningModel.load(model_dir), registry.load(dataset, champion)
    comparison = compare(challenger.predict(X) == y, serving.predict(X) == y, margin, seed=0)
    log_gate(run_id, comparison)
    return gate(comparison)
