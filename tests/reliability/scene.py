"""What is attacked: steps, each with the workspace that it starts from and the state that it leads to."""

import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import FrameType
from uuid import uuid4

from greenlightning.errors import NothingServedError
from tasks.core import faults
from tasks.core.constants import Alias
from tasks.core.faults import Fault
from tasks.core.workspace import Workspace
from tasks.data.batch_files import waiting
from tasks.data.batch_index import BatchRef, batches
from tasks.data.versioning import copies
from tasks.integrity.backup import contents
from tasks.lineage.rebuild import relearn
from tasks.models import registry
from tasks.models.files.seals import check_tags
from tasks.quarantine.records import held_batches

DATASET = "digits"
ARCHIVE = "backup.tar"
SITES = "sites"


class Ended(StrEnum):
    """How a step ended."""

    DONE = "done"
    REFUSED = "refused"
    NAMED = "the machine is named"
    RAW = "an error of nobody"


@dataclass(frozen=True)
class State:
    """What a workspace holds: the champion's ledger and sums, the batches, what waits, and a backup."""

    ledger: frozenset[str]
    statistics: str
    left_out: frozenset[str]
    batches: frozenset[str]
    waiting: int
    held: frozenset[str]
    archived: int

    @classmethod
    def now(cls) -> "State":
        """The state of the current workspace; the champion's files are read and checked."""
        archive, database = Workspace.current().root / ARCHIVE, Workspace.current().database
        try:
            if not database.exists():
                raise NothingServedError("A new workspace", "Train")
            serving = registry.version(DATASET, Alias.CHAMPION)
            check_tags(serving)
            model = registry.load_version(serving)
            learnt = frozenset(model.ledger), model.statistics.digest, {*serving.forgotten, *serving.held_back}
        except NothingServedError:
            learnt = frozenset(), "", set()
        return cls(
            learnt[0],
            learnt[1],
            frozenset(learnt[2]),
            frozenset(ref.id for ref in batches(DATASET)),
            len(waiting(DATASET)),
            frozenset(one.id for one in held_batches(DATASET) if one.decision is None),
            len(contents(archive)) if archive.is_file() else 0,
        )

    @property
    def learnt(self) -> tuple[frozenset[str], str]:
        """What a kill may leave only as it was before or as it is after."""
        return self.ledger, self.statistics


@dataclass(frozen=True)
class Scene:
    """Steps on workspaces: ``stages`` has a ready workspace for each; attacks happen on copies in ``home``."""

    name: str
    stages: Path
    home: Path
    steps: Mapping[str, Callable[[], Ended]]
    known: dict[str, tuple[State, State]] = field(default_factory=dict)
    reached: dict[str, list[Fault]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def explore(self) -> None:
        """Find the states before and after each step that nothing attacks, and its fault points."""
        for step, run in self.steps.items():
            self.begin(step)
            before, began = State.now(), time.process_time()
            self.reached[step] = fault_points(run)
            self.seconds[step] = time.process_time() - began
            self.known[step] = before, State.now()

    def begin(self, step: str, home: Path | None = None) -> None:
        """The current workspace is a copy that is ready for ``step``, at a path of its own."""
        fresh(self.stages / step, home or self.home)

    def harm(self, step: str, ended: Ended | None) -> str:
        """What harm an attack on ``step`` did, empty if none; ``ended`` is None where the step was killed."""
        before, after = self.known[step]
        now = State.now()
        if ended is Ended.RAW:
            return "an error that names nobody"
        if now.learnt not in (before.learnt, after.learnt):
            return "the champion is neither that of before nor that of after"
        if ended is Ended.DONE and now != after:
            return "it is said to be done, and is not"
        if self.steps[step]() not in (Ended.DONE, Ended.REFUSED):
            return "it cannot be repeated"
        if State.now() != after:
            return "the repeated step leads elsewhere"
        return unsound()


def fault_points(run: Callable[[], Ended]) -> list[Fault]:
    """The fault points that a step reaches; it has to be done."""
    found = dict[Fault, None]()

    def see(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code is faults.reached.__code__:
            found[frame.f_locals["fault"]] = None

    sys.setprofile(see)
    try:
        assert run() is Ended.DONE, run
    finally:
        sys.setprofile(None)
    return list(found)


def unsound() -> str:
    """What is wrong with the current workspace: versions that replay does not reach, batches without a copy."""
    refs: list[BatchRef] = [*batches(DATASET), *batches(f"{DATASET}.holdout")]
    if lacking := [ref.id for ref in refs if not all(copies(ref).values())]:
        return f"workspace, cache or remote lack batch {lacking[0]}"
    root = Workspace.current().root
    try:
        serving = registry.version(DATASET, Alias.CHAMPION)
    except NothingServedError:
        return ""
    replayed = relearn(serving, sorted((root / SITES).glob("*")))
    if replayed.missing or replayed.model.statistics != registry.load_version(serving).statistics:
        return "replay does not reach the champion's sums"
    return ""


def fresh(template: Path, home: Path) -> None:
    """The current workspace is a copy of ``template``.

    It has a path of its own: MLflow keeps its databases open.
    """
    shutil.rmtree(home, ignore_errors=True)
    place = home / uuid4().hex
    shutil.copytree(template, place)
    os.environ["GREENLIGHTNING_HOME"] = str(place)
