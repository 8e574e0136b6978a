"""A small workspace without servers, the durable steps on it, and what it holds."""

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import numpy as np

from greenlightning.data.batch import Batch
from greenlightning.evaluation.comparison import Decision
from greenlightning.model import GreenLightningModel
from greenlightning.paths import LandmarkPaths
from greenlightning.structure.gates import Structure
from tasks.core.constants import Alias, Kind
from tasks.core.energy_cost import EnergyCost
from tasks.data.batch_files import waiting
from tasks.data.batch_index import BatchRef, batches
from tasks.data.versioning import copies, version_batch
from tasks.models import champion, registry
from tasks.models.files.seals import check_tags
from tasks.models.retention import prune
from tasks.models.version_expectations import expectations_of
from tasks.promotion.candidate import Candidate
from tasks.promotion.publishing import complete_publication, publish
from tasks.quarantine.moves import quarantine
from tasks.tracking.client import connect
from tasks.tracking.runs import flow_run
from tasks.training.evaluation import EvaluationResult
from tasks.training.structure import TrainingResult
from tests.helpers.small_champion import landed, served, versioned

DATASET = "digits"


def batch(number: int) -> Batch:
    """Thirty rows of three classes."""
    rng = np.random.default_rng(number)
    y = np.arange(30) % 3
    return Batch(3.0 * np.random.default_rng(99).normal(size=(3, 4))[y] + rng.normal(size=(30, 4)), y)


def build(home: Path) -> None:
    """A champion of one batch, a second batch that is versioned and new, and a holdout."""
    os.environ["GREENLIGHTNING_HOME"] = str(home)
    rng, base = np.random.default_rng(1), batch(0)
    weights, biases = [rng.normal(size=(6, 4)), rng.normal(size=(5, 6))], [np.zeros(6), np.zeros(5)]
    structure = Structure.from_arrays(np.zeros(4), np.ones(4), weights, biases, seen=(base.id,))
    paths = LandmarkPaths.build(structure, base.X, base.y, n_landmarks=12, seen=(base.id,))
    with TemporaryDirectory() as scratch:
        place = Path(scratch)
        ref = versioned(base, place)
        versioned(batch(1), place)
        versioned(batch(2), place, f"{DATASET}.holdout")
        served(GreenLightningModel.empty(paths, alpha=1.0).learn(base, md5=ref.md5), place / "model", ref)


def ingest() -> None:
    """Land and version a third batch."""
    with TemporaryDirectory() as scratch:
        version_batch.fn(landed(batch(3), Path(scratch)))


def set_aside() -> None:
    """Land a batch and put it into quarantine."""
    with TemporaryDirectory() as scratch:
        quarantine.fn(landed(batch(4), Path(scratch)), ["a test"])


def learn(number: int = 1) -> int | None:
    """Learn a versioned batch on the champion and publish; nothing where it is learnt already."""
    serving = registry.version(DATASET, Alias.CHAMPION)
    complete_publication(serving)
    rows = batch(number)
    if rows.id in serving.batches:
        return serving.version
    [ref] = [one for one in batches(DATASET) if one.id == rows.id]
    with TemporaryDirectory() as scratch, flow_run(DATASET, Kind.RETRAIN) as run_id:
        model = registry.load_version(serving).learn(rows, md5=ref.md5)
        model.save(Path(scratch) / "model")
        return publish.fn(candidate_of(serving, run_id, Path(scratch) / "model", rows.id))


def candidate_of(serving: registry.VersionInfo, run_id: str, folder: Path, new: str) -> Candidate:
    """What a retraining on ``serving`` would publish."""
    spent = EnergyCost(0.0, 0.0, 0.0, "estimated:test")
    return Candidate(
        dataset=DATASET,
        run_id=run_id,
        parent=serving,
        trained=TrainingResult(folder, {new: 30}, 60, spent),
        evaluated=EvaluationResult({"accuracy": 0.9}, spent),
        decision=Decision(True, "promoted: a test"),
        holdout=batches(f"{DATASET}.holdout")[-1],
        expectations=expectations_of(serving),
    )


def take_away() -> None:
    """Prune the first version once a second one serves."""
    learn()
    if Alias.PREVIOUS in registry.version(DATASET, 1).aliases:
        connect().delete_registered_model_alias(DATASET, Alias.PREVIOUS)
    prune.fn(DATASET, 1)


def forget() -> None:
    """Forget the second batch and publish; nothing where it is forgotten already."""
    serving = registry.version(DATASET, Alias.CHAMPION)
    complete_publication(serving)
    rows = batch(1)
    if rows.id not in serving.batches:
        return
    with TemporaryDirectory() as scratch, flow_run(DATASET, Kind.FORGET) as run_id:
        registry.load_version(serving).forget(rows).save(Path(scratch) / "model")
        candidate = candidate_of(serving, run_id, Path(scratch) / "model", rows.id)
        publish.fn(replace(candidate, forgotten=(rows.id,)))


def roll_back() -> None:
    """Serve the first version again, and hold back the second batch."""
    if registry.version(DATASET, Alias.CHAMPION).version != 1:
        champion.rollback.fn(DATASET, 1)


def promote() -> None:
    """Serve the second version."""
    serving = registry.version(DATASET, Alias.CHAMPION).version
    champion.promote.fn(DATASET, 2, serving)


def learn_and_roll_back() -> None:
    """Two versions, of which the first serves."""
    learn()
    roll_back()


STEPS: dict[str, Callable[[], object]] = {
    "ingest": ingest,
    "quarantine": set_aside,
    "learn": learn,
    "prune": take_away,
    "forget": forget,
    "roll back": roll_back,
    "promote": promote,
}
FIRST: dict[str, Callable[[], object]] = {"forget": learn, "roll back": learn, "promote": learn_and_roll_back}
"""What comes before a step, undisturbed."""


@dataclass(frozen=True)
class State:
    """What a workspace holds: the champion's ledger and sums, the batches, and what waits."""

    ledger: frozenset[str]
    statistics: str
    left_out: frozenset[str]
    batches: frozenset[str]
    waiting: int

    @classmethod
    def now(cls) -> "State":
        """The state of the current workspace; the champion's files are read and checked."""
        serving = registry.version(DATASET, Alias.CHAMPION)
        check_tags(serving)
        model = registry.load_version(serving)
        names = frozenset(ref.id for ref in batches(DATASET))
        left_out = frozenset({*serving.forgotten, *serving.held_back})
        return cls(frozenset(model.ledger), model.statistics.digest, left_out, names, len(waiting(DATASET)))

    @property
    def is_exact(self) -> bool:
        """Whether the champion's sums are those of exactly the batches of its ledger, learnt from their rows."""
        known = {batch(number).id: batch(number) for number in range(5)}
        model = registry.load(DATASET)
        again = GreenLightningModel.empty(model.paths, model.alpha, model.targets)
        for name in sorted(self.ledger):
            again = again.learn(known[name])
        return bool(again.statistics.digest == self.statistics)


def all_copies_whole() -> bool:
    """Whether workspace, cache and remote hold every batch."""
    refs: list[BatchRef] = [*batches(DATASET), *batches(f"{DATASET}.holdout")]
    return all(all(copies(ref).values()) for ref in refs)


def fresh(template: Path, home: Path, step: str = "") -> None:
    """The current workspace is a copy of the template, ready for a step.

    It has a path of its own: MLflow keeps its databases open.
    """
    shutil.rmtree(home, ignore_errors=True)
    place = home / uuid4().hex
    shutil.copytree(template, place)
    os.environ["GREENLIGHTNING_HOME"] = str(place)
    if step in FIRST:
        FIRST[step]()


if __name__ == "__main__":
    assert champion.LOCK_TIMEOUT
    STEPS[sys.argv[1]]()
