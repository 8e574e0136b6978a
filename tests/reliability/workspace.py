"""A small workspace without servers, the durable steps on it, and what it holds."""

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from flows.engine.error_messages import is_machine
from greenlightning.data.batch import Batch
from greenlightning.evaluation.comparison import Decision
from greenlightning.model import GreenLightningModel
from greenlightning.paths import LandmarkPaths
from greenlightning.structure.gates import Structure
from tasks.core.constants import Alias, Kind
from tasks.core.energy_cost import EnergyCost
from tasks.core.workspace import Workspace
from tasks.data.batch_index import batches
from tasks.data.versioning import version_batch
from tasks.models import champion, registry
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
from tests.reliability.scene import DATASET, Ended, Scene, fresh


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


def attempted(step: Callable[[], object]) -> Callable[[], Ended]:
    """The step, and how it ends."""

    def attempt() -> Ended:
        try:
            step()
        except Exception as error:
            return Ended.NAMED if is_machine(error) else Ended.RAW
        return Ended.DONE

    return attempt


def staged(folder: Path) -> Scene:
    """A ready workspace for each step, and the states before and after it where nothing attacks."""
    template = folder / "template"
    template.mkdir(mode=0o700, parents=True)
    build(template)
    steps = {name: attempted(step) for name, step in STEPS.items()}
    scene = Scene("steps", folder / "stages", folder / "home", steps)
    for step in STEPS:
        fresh(template, scene.home)
        if step in FIRST:
            FIRST[step]()
        shutil.copytree(Workspace.current().root, scene.stages / step)
    scene.explore()
    return scene
