"""A conventional network trained beside a version: from then on the version's cost from scratch is measured."""

from tasks.core.constants import Tag
from tasks.core.energy_cost import EnergyCost
from tasks.energy.from_scratch import NetworkRate, measured
from tasks.models.certificate import certificates
from tasks.models.holdouts import holdout_at
from tasks.models.model_card import model_card
from tasks.models.registry import VersionInfo, find, load_version
from tasks.tracking.client import connect
from tasks.tracking.metrics import log_avoided, log_energy_picture
from tasks.tracking.pages.run_notes import NOTE_TAG, run_note
from tasks.tracking.run_energy import spent_by


def record_reference(version: VersionInfo, spent: EnergyCost, rows: int, epochs: float, task: str) -> None:
    """Let the run, the note and the card of ``version`` say what it avoided by the network trained beside it.

    Versions made of it later estimate by the cost of that training a row and epoch, and by its epochs.
    """
    client, rate = connect(), NetworkRate(spent * (1 / (rows * epochs)), task, epochs)
    for tag, value in rate.tags.items():
        client.set_model_version_tag(version.dataset, str(version.version), tag, value)
    run = client.get_run(version.run_id)
    ours, parent = spent_by(run), version.parent
    if ours is None or parent is None:
        return
    avoided = measured(spent).less(ours)
    log_avoided(version.run_id, avoided)
    log_energy_picture(version.run_id, ours, avoided)
    run = client.get_run(version.run_id)
    client.set_tag(version.run_id, NOTE_TAG, run_note(run, run.info.status))
    before = find(version.dataset, parent)
    forgotten = sorted(version.forgotten - (before.forgotten if before else frozenset()))
    model, holdout = load_version(version), holdout_at(version)
    found = certificates(model, before, forgotten)
    card = model_card(version.dataset, model, holdout, run, version.tags[Tag.REASON], found)
    client.update_model_version(version.dataset, str(version.version), card)
