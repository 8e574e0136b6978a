"""Baselines for a version: a conventional network and random gates, trained from scratch on the same rows."""

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from greenlightning.energy.meter import EnergyMeter
from greenlightning.evaluation.regression import evaluate_regression
from greenlightning.evaluation.scores import evaluate
from tasks.core import progress
from tasks.core.constants import SCORES, Kind, SharedParam, Subject, Tag
from tasks.core.energy_cost import EnergyCost
from tasks.core.steps import task
from tasks.data.batch_index import batch_ref
from tasks.data.holdout import Learnable
from tasks.energy.network_rate import conventional_regressor, import_training
from tasks.energy.references import record_reference
from tasks.models import registry
from tasks.models.holdouts import holdout_for
from tasks.tracking.client import connect
from tasks.tracking.inputs import log_batch_input
from tasks.tracking.metrics import log_energy, log_evaluation, log_metrics, rows_metrics, set_tags
from tasks.tracking.run_params import axes, log_shared_params, shared_params
from tasks.tracking.runs import flow_run
from tasks.training.scoring import scores

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sklearn.compose import TransformedTargetRegressor

    from greenlightning.estimators import GreenLightningClassifier, GreenLightningRegressor
    from greenlightning.evaluation.conventional_network import ConventionalNetwork
    from greenlightning.evaluation.regression import RegressionEvaluation
    from greenlightning.evaluation.scores import Evaluation

    Baseline: TypeAlias = (
        ConventionalNetwork | GreenLightningClassifier | GreenLightningRegressor | TransformedTargetRegressor
    )


@task(task_run_name="reference {subject} for {dataset} version {number}", persist_result=False)
def run_baseline(dataset: str, number: int, subject: Subject) -> tuple[dict[str, float], EnergyCost]:
    """Train a baseline from scratch on every row that a version learnt; log its scores and energy as a run."""
    version = registry.version(dataset, number)
    refs = [batch_ref(dataset, batch) for batch in version.batches]
    model = registry.load(dataset, number)
    learnable, task = Learnable(holdout_for(version), model.encoder), model.targets.task
    parts = [learnable.open(ref) for ref in refs]
    X, y = np.concatenate([part.X for part in parts]), np.concatenate([part.y for part in parts])
    sizes = model.structure.hidden_layer_sizes
    method = subject.removesuffix("_").replace("_", " ")
    with flow_run(dataset, Kind.REFERENCE, name=f"{method} v{number}", below=version.run_id) as run_id:
        set_tags(run_id, {Tag.VERSION: str(number)})
        for ref in refs:
            log_batch_input(run_id, ref)
        untrained = _untrained(subject, sizes, task)
        with EnergyMeter() as meter:
            fitted = _fitted(untrained, X, y, sizes)
        found = _evaluated(fitted, learnable)
        spent = EnergyCost.of(meter.energy)
        log_evaluation(run_id, scores(found))
        log_evaluation(run_id, scores(found), subject)
        log_evaluation(run_id, _scores_of(version), Subject.VERSION)
        log_energy(run_id, spent)
        rows = {part.id: part.rows for part in parts}
        log_metrics(run_id, rows_metrics(rows, len(y), 0))
        epochs, numbers = _sizes(fitted, sizes, len(y), len(parts))
        log_shared_params(run_id, method, epochs, numbers, axes(method, scores(found)))
    if subject is Subject.CONVENTIONAL:
        record_reference(version, spent, len(y), _epochs(fitted), task)
    progress.report_progress(method, 1, 1)
    return scores(found), spent


def _untrained(subject: Subject, sizes: tuple[int, ...], task: str) -> "Baseline":
    """The baseline before its training, whose imports are done."""
    from greenlightning.estimators import GreenLightningClassifier, GreenLightningRegressor
    from greenlightning.evaluation.conventional_network import ConventionalNetwork

    import_training()
    if subject is Subject.CONVENTIONAL:
        return ConventionalNetwork(sizes) if task == "classification" else conventional_regressor(sizes)
    return (GreenLightningClassifier if task == "classification" else GreenLightningRegressor)(random_state=0)


def _fitted(
    baseline: "Baseline", X: "NDArray[np.generic]", y: "NDArray[np.generic]", sizes: tuple[int, ...]
) -> "Baseline":
    from greenlightning.estimators import GreenLightningClassifier, GreenLightningRegressor
    from greenlightning.evaluation.conventional_network import random_gates

    if isinstance(baseline, GreenLightningClassifier | GreenLightningRegressor):
        return baseline.fit_structure(random_gates(X, sizes), X, y)
    return baseline.fit(X, y)


def _epochs(network: "Baseline") -> int:
    """Epochs that a conventional network has trained."""
    return int(network.n_epochs_ if hasattr(network, "n_epochs_") else network.regressor_[-1].n_iter_)


def _evaluated(fitted: "Baseline", learnable: Learnable) -> "Evaluation | RegressionEvaluation":
    if hasattr(fitted, "predict_proba"):
        return evaluate(learnable.y, fitted.predict_proba(learnable.X), tuple(fitted.classes_))
    return evaluate_regression(learnable.y, fitted.predict(learnable.X))


def _sizes(
    fitted: "Baseline", sizes: tuple[int, ...], rows: int, batches: int
) -> tuple[int, dict[SharedParam, float]]:
    """Epochs of gradient descent, and the shared parameters; alpha is 0 for the conventional network."""
    from greenlightning.estimators import GreenLightningClassifier, GreenLightningRegressor

    if isinstance(fitted, GreenLightningClassifier | GreenLightningRegressor):
        own, epochs = shared_params(fitted.model_), 0
    else:
        own = {SharedParam.FEATURES: sizes[-1], SharedParam.ALPHA: 0, SharedParam.GATES: sum(sizes)}
        epochs = _epochs(fitted)
    return epochs, own | {SharedParam.ROWS: rows, SharedParam.BATCHES: batches}


def _scores_of(version: registry.VersionInfo) -> dict[str, float]:
    """The scores on the holdout that the version's own run logged."""
    metrics = connect().get_run(version.run_id).data.metrics
    return {str(name): metrics[name] for name in SCORES if name in metrics}
