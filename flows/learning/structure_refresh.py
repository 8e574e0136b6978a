"""A new structure where health is red: extracted from all batches, and compared with the champion's."""

from flows.engine.admission import chosen_batches
from flows.engine.outcome import Outcome, outcome_of
from flows.inputs.retrain_request import RetrainRequest
from flows.learning.train import train
from tasks.core.energy_cost import NO_COST
from tasks.data.batch_index import BatchRef
from tasks.models.version_info import VersionInfo
from tasks.training.health import BatchHealth


def refresh_structure(
    serving: VersionInfo, new: list[BatchRef], request: RetrainRequest, health: BatchHealth
) -> tuple[Outcome | None, BatchHealth]:
    """Train a new structure on the batches that ``serving`` has learnt and the ``new`` ones.

    Returns the outcome if the new structure serves, None if the old champion was kept; and the health with a
    remedy that says which.
    """
    state = train(
        serving.dataset,
        _base(serving, new),
        request.learning,
        request.deciding,
        request.allow_new_labels,
        request.runner,
        return_state=True,
    )
    trained = outcome_of(state)
    if not trained.promoted:
        remedy = f"a new structure was extracted, and lost: {trained.reason}"
        return None, health.model_copy(update={"remedy": remedy})
    health = health.model_copy(update={"remedy": "a new structure was extracted and serves"})
    spent = (trained.spent or NO_COST) + health.spent
    notes = (*health.notes, *trained.notes)
    return trained.model_copy(update={"notes": notes, "health": health.verdict, "spent": spent}), health


def _base(serving: VersionInfo, new: list[BatchRef]) -> list[str]:
    """The ids of the learnt and the new batches, in the order in which a first training takes them."""
    wanted = {*serving.batches, *(ref.id for ref in new)}
    known = (*chosen_batches(serving.dataset, None), *new)
    return [ref.id for ref in known if ref.id in wanted]
