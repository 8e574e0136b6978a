"""Where health is red: a new structure from all batches, or new gates beside the old; the champion competes."""

from flows.engine.admission import chosen_batches
from flows.engine.outcome import Outcome, outcome_of
from flows.inputs.retrain_request import RetrainRequest
from flows.learning.grow import grow
from flows.learning.train import train
from tasks.core.energy_cost import NO_COST
from tasks.data.batch_index import BatchRef
from tasks.growing.red_batches import red_batches, rows_away
from tasks.models.version_info import VersionInfo
from tasks.training.health import BatchHealth

DONE = {"train": "a new structure was extracted", "grow": "the structure has grown"}


def refresh_structure(
    serving: VersionInfo, new: list[BatchRef], request: RetrainRequest, health: BatchHealth
) -> tuple[Outcome | None, BatchHealth]:
    """Train a new structure on all batches or grow the old one for those that are red, as ``request`` says.

    Returns the outcome if the result serves, None if the old champion was kept; and the health with a remedy that
    says which.
    """
    if request.on_red == "grow" and (away := rows_away(serving)):
        return None, health.model_copy(update={"remedy": _cannot_grow(away)})
    made = _trained(serving, new, request) if request.on_red == "train" else _grown(serving, new, request)
    if not made.promoted:
        remedy = f"{DONE[request.on_red]}, and lost: {made.reason}"
        return None, health.model_copy(update={"remedy": remedy})
    health = health.model_copy(update={"remedy": f"{DONE[request.on_red]} and serves"})
    spent = (made.spent or NO_COST) + health.spent
    notes = (*health.notes, *made.notes)
    return made.model_copy(update={"notes": notes, "health": health.verdict, "spent": spent}), health


def grown_later(serving: VersionInfo, request: RetrainRequest) -> Outcome | None:
    """Grow for batches that were learnt while health was red; None where there are none."""
    red = red_batches(serving)
    if not red:
        return None
    if away := rows_away(serving):
        return Outcome(state="Nothing to learn", dataset=serving.dataset, reason=_cannot_grow(away))
    return _grown(serving, [], request)


def _trained(serving: VersionInfo, new: list[BatchRef], request: RetrainRequest) -> Outcome:
    state = train(
        serving.dataset,
        _base(serving, new),
        request.learning,
        request.deciding,
        request.allow_new_labels,
        request.runner,
        return_state=True,
    )
    return outcome_of(state)


def _grown(serving: VersionInfo, new: list[BatchRef], request: RetrainRequest) -> Outcome:
    names = [ref.id for ref in new]
    red = red_batches(serving, names)
    state = grow(serving.dataset, red, names, request.deciding, request.device, return_state=True)
    return outcome_of(state)


def _cannot_grow(away: list[str]) -> str:
    which = f"batch {away[0]} and {len(away) - 1} more" if len(away) > 1 else f"batch {away[0]}"
    return f"the structure cannot grow: the rows of {which} stayed at their site, and every row is read again"


def _base(serving: VersionInfo, new: list[BatchRef]) -> list[str]:
    """The ids of the learnt and the new batches, in the order in which a first training takes them."""
    wanted = {*serving.batches, *(ref.id for ref in new)}
    known = (*chosen_batches(serving.dataset, None), *new)
    return [ref.id for ref in known if ref.id in wanted]
