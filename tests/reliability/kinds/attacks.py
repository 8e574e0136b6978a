"""Kills, failing disks and damaged files."""

import json
import os
import random
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from tasks.core.faults import VARIABLE
from tasks.core.workspace import Workspace
from tasks.data.batch_index import batches, pointer_path
from tasks.integrity.data_checks import check_data
from tasks.integrity.version_checks import check_versions
from tasks.models import registry
from tasks.tracking.client import connect
from tests.helpers.versions import files_of
from tests.reliability.disks import failing
from tests.reliability.scene import DATASET, Scene
from tests.reliability.trials import Attack, in_a_fork, is_killed

ERRORS = ("ENOSPC", "EIO", "EACCES")
KILL = ""
TRIES = 20
"""Moments that are drawn for one random kill, until one lies before the end of the step."""


def fault_points(scene: Scene, errors: Sequence[str]) -> Attack:
    """Each of ``errors`` at each fault point that a step reaches; the error without a name is a kill."""

    def trial(name: str) -> str:
        step, fault, error = name.split(": ")
        scene.begin(step)
        os.environ[VARIABLE] = f"{fault}:{error}" if error != "kill" else fault
        if error != "kill":
            ended = scene.steps[step]()
            del os.environ[VARIABLE]
            return scene.harm(step, ended)
        killed = is_killed(scene.steps[step])
        del os.environ[VARIABLE]
        return scene.harm(step, None) if killed else "the fault point was not reached"

    points = [(step, fault) for step, reached in scene.reached.items() for fault in reached]
    names = [f"{step}: {fault}: {error or 'kill'}" for step, fault in points for error in errors]
    what = "system errors" if any(errors) else "kills"
    return Attack(f"{what} at each fault point, {scene.name}", names, trial)


def random_kills(scene: Scene, times: int) -> Attack:
    """The kernel ends a step after a random time on the processor; no handler runs."""
    steps = sorted(scene.steps)

    def trial(name: str) -> str:
        chance = random.Random(name)
        step = chance.choice(steps)
        for _ in range(TRIES):
            scene.begin(step)
            if is_killed(scene.steps[step], chance.uniform(0, scene.seconds[step])):
                return scene.harm(step, None)
        return "it always ended before it was killed"

    return Attack(f"kills at random moments, {scene.name}", [str(number) for number in range(times)], trial)


def failing_changes(scene: Scene, every: int, is_killing: bool) -> Attack:
    """A kill or a system error at every ``every``-th change that a step makes to a file, whoever makes it."""

    def trial(name: str) -> str:
        step, _, number = name.partition(": ")
        scene.begin(step)
        error = KILL if is_killing else ERRORS[int(number) % len(ERRORS)]
        with failing(Workspace.current().root, int(number), error):
            if not is_killing:
                ended = scene.steps[step]()
            elif not is_killed(scene.steps[step]):
                return ""
        return scene.harm(step, None if is_killing else ended)

    changes = {step: in_a_fork(lambda step=step: _changes(scene, step)) for step in scene.steps}  # type: ignore[misc]
    names = [f"{step}: {number}" for step, most in changes.items() for number in range(1, most + 1, every)]
    random.Random(0).shuffle(names)
    what = "kills" if is_killing else "system errors"
    about = (
        "" if is_killing else "a step may also do without what failed, as without a page; it ends as undisturbed"
    )
    return Attack(f"{what} at changes of files by whatever library, {scene.name}", names, trial, about=about)


def _changes(scene: Scene, step: str) -> int:
    """How often a step changes a file."""
    scene.begin(step)
    with failing(Workspace.current().root) as disk:
        scene.steps[step]()
    return disk.changes


def full_disks(scene: Scene, disk: Path, rooms: Sequence[int]) -> Attack:
    """Steps on a real disk, ``disk``, with ``rooms`` bytes left, which then gets more."""

    def trial(name: str) -> str:
        step, _, room = name.partition(": ")
        scene.begin(step, disk / "home")
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(max(0, shutil.disk_usage(disk).free - int(room))))
        ended = scene.steps[step]()
        ballast.unlink()
        return scene.harm(step, ended)

    names = [f"{step}: {room}" for step in scene.steps for room in rooms]
    return Attack(f"full disks, {scene.name}", names, trial)


def damage(scene: Scene, step: str, flips: int, cuts: int) -> Attack:
    """Flipped bits and cuts of each stored file: each is noticed, or changes nothing that is read."""

    def trial(name: str) -> str:
        scene.begin(step)
        scene.steps[step]()
        root = Workspace.current().root
        path = list(stored_files(root))[int(name)]
        told, whole, chance = batches(DATASET), path.read_bytes(), random.Random(name)
        path.chmod(0o600)
        spoilt = [flipped(whole, chance.randrange(len(whole) * 8)) for _ in range(flips)]
        spoilt += [whole[: chance.randrange(len(whole))] for _ in range(cuts)]
        for content in spoilt:
            path.write_bytes(content)
            noticed = any((*check_data(DATASET), *check_versions(DATASET)))
            if not noticed and not (
                (path.suffix == ".dvc" and batches(DATASET) == told)
                or (path.suffix == ".json" and json.loads(content) == json.loads(whole))
            ):
                return f"damage of {path.relative_to(root)} is not noticed"
        return ""

    count = in_a_fork(lambda: _files_after(scene, step))
    about = (
        "a flip that changes nothing of what is read does no harm, as in the free text of a DVC pointer, "
        "or in the seventeenth digit of a number"
    )
    return Attack("flipped bits and cuts of stored files", [*map(str, range(count))], trial, flips + cuts, about)


def _files_after(scene: Scene, step: str) -> int:
    scene.begin(step)
    scene.steps[step]()
    assert not [*check_data(DATASET), *check_versions(DATASET)]
    return len(list(stored_files(Workspace.current().root)))


def stored_files(home: Path) -> Iterator[Path]:
    """The files of a workspace that a decision reads, less the database."""
    serving = registry.champion(DATASET)
    assert serving is not None
    for ref in serving.batches:
        yield pointer_path(DATASET, ref)
    for folder in ("data/batches", ".dvc/cache", ".dvc/store"):
        paths = sorted((home / folder).rglob("*"))
        yield from (path for path in paths if path.suffix == ".parquet" or len(path.name) == 30)
    yield from (path for path in sorted((files_of(serving.version) / "artifacts").rglob("*")) if path.is_file())
    where = Path(connect().get_run(serving.run_id).info.artifact_uri.removeprefix("file://"))
    yield from (where / "expectations.json", where / "expectations_of_base.json")


def flipped(whole: bytes, place: int) -> bytes:
    """The bytes with one bit flipped."""
    content = bytearray(whole)
    content[place // 8] ^= 1 << place % 8
    return bytes(content)
