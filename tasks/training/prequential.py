"""Prequential scores of a retraining: what the champion predicted for new rows before they were learnt."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from greenlightning.evaluation.prequential import BatchScore, Prequential
from tasks.core.constants import Subject
from tasks.models.version_info import VersionInfo
from tasks.tracking.metrics import log_steps, of_subject
from tasks.training.scoring import answers_from, evaluation_of, scores

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from greenlightning.data.batch import Batch
    from greenlightning.linear.statistics import Statistics
    from greenlightning.model import GreenLightningModel


def collect_and_predict(model: "GreenLightningModel", batch: "Batch") -> "tuple[Statistics, NDArray[np.float64]]":
    """A batch's statistics, and the model's outputs (n, k); path features are computed once for both."""
    found = [np.empty((0, len(model.classes)))]

    def predict(features: "Tensor") -> None:
        found.append(model.score(features.cpu()))

    return model.collect(batch.X, batch.y, on_block=predict), np.concatenate(found)


def batch_score(
    model: "GreenLightningModel", batch_id: str, parts: "Sequence[tuple[Batch, NDArray[np.float64]]]"
) -> BatchScore | None:
    """The scores of a batch from its parts with their outputs (n, k); None where it has no rows."""
    y = np.concatenate([part.y for part, _ in parts])
    if not len(y):
        return None
    outputs = np.concatenate([outputs for _, outputs in parts])
    return BatchScore(batch_id, len(y), scores(evaluation_of(answers_from(model, outputs, y))))


def log_prequential(run_id: str, serving: VersionInfo, scored: Sequence[BatchScore]) -> None:
    """Log each batch's scores and the stream's means; the step counts the batches before it."""
    stream, steps = serving.prequential, []
    for one in scored:
        stream = stream.then(one)
        steps.append(
            of_subject(one.scores, Subject.PREQUENTIAL)
            | of_subject(stream.mean, Subject.PREQUENTIAL_MEAN)
            | of_subject(stream.recent, Subject.PREQUENTIAL_RECENT)
        )
    log_steps(run_id, steps, first=len(serving.batches))


def continued(serving: VersionInfo | None, scored: Sequence[BatchScore]) -> Prequential:
    """The scores of the stream so far: those of ``serving``'s line, and then these batches."""
    stream = serving.prequential if serving else Prequential()
    for one in scored:
        stream = stream.then(one)
    return stream
