"""References beside ours: the conventional network from scratch, and random gates, on the rows of a version."""

from typing import TYPE_CHECKING

import numpy as np
from prefect import task

from greenlightning.energy import EnergyMeter
from greenlightning.evaluation import evaluate
from tasks import progress, registry, tracking
from tasks.evaluation import scores
from tasks.holdout import Learnable, current_holdout
from tasks.names import Kind, Subject
from tasks.pointers import batch_ref
from tasks.spending import Spent

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sklearn.base import ClassifierMixin


@task(task_run_name="reference {subject} for {dataset} version {number}", persist_result=False)
def run_reference(dataset: str, number: int, subject: Subject) -> tuple[dict[str, float], Spent]:
    """Train a reference from scratch on every row that a version learnt; log its scores and energy as a run."""
    learnable = Learnable(current_holdout(dataset))
    parts = [learnable.open(batch_ref(dataset, batch)) for batch in registry.version(dataset, number).batches]
    X, y = np.concatenate([part.X for part in parts]), np.concatenate([part.y for part in parts])
    sizes = registry.load(dataset, number).structure.hidden_layer_sizes
    title = f"{subject.removesuffix('_').replace('_', ' ')} on version {number}'s rows"
    with tracking.flow_run(dataset, Kind.REFERENCE, name=title) as run_id:
        with EnergyMeter() as meter:
            fitted = _trained(subject, X, y, sizes)
        found = evaluate(learnable.y, fitted.predict_proba(learnable.X), fitted.classes_)
        spent = Spent.of(meter.energy)
        tracking.log_evaluation(run_id, scores(found))
        tracking.log_evaluation(run_id, scores(found), subject)
        tracking.log_energy(run_id, **spent.logged())
    progress.tell(title, 1, 1)
    return scores(found), spent


def _trained(
    subject: Subject, X: "NDArray[np.generic]", y: "NDArray[np.generic]", sizes: tuple[int, ...]
) -> "ClassifierMixin":
    from greenlightning.estimators import GreenLightningClassifier
    from greenlightning.reference import ConventionalNetwork, random_gates

    if subject is Subject.CONVENTIONAL:
        return ConventionalNetwork(sizes).fit(X, y)
    return GreenLightningClassifier(random_state=0).fit_structure(random_gates(X, sizes), X, y)
