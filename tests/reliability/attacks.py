"""Kills, failing disks, damaged files and races; each returns how many attacks, and how many did harm."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from flows.engine.error_messages import is_machine
from tasks.core.faults import VARIABLE, Fault
from tasks.core.workspace import Workspace
from tasks.data.batch_index import batches, pointer_path
from tasks.integrity.data_checks import check_data
from tasks.integrity.version_checks import check_versions
from tasks.models import registry
from tasks.tracking.client import connect
from tests.helpers.versions import files_of
from tests.reliability.failing import failing
from tests.reliability.workspace import DATASET, STEPS, State, all_copies_whole, batch, fresh, learn

ROOT = Path(__file__).parents[2]
MOVING = (
    Fault.PROMOTION_DATED,
    Fault.PROMOTION_AUDITED,
    Fault.PREVIOUS_SET,
    Fault.CHAMPION_SET,
    Fault.PROMOTION_RECORDED,
)
AT = {
    "ingest": (Fault.LANDED, Fault.COPIED, Fault.ADDED, Fault.DESCRIBED, Fault.PUSHED),
    "quarantine": (Fault.REASON_WRITTEN,),
    "learn": tuple(Fault)[
        tuple(Fault).index(Fault.REFERENCE_INHERITED) : tuple(Fault).index(Fault.PRUNING_MARKED)
    ],
    "prune": (Fault.PRUNING_MARKED, Fault.STATISTICS_DELETED),
    "forget": (Fault.MODEL_LOGGED, Fault.REGISTERED, Fault.CHAMPION_SET, Fault.FILES_SHARED),
    "roll back": MOVING,
    "promote": MOVING,
}
ERRORS = ("ENOSPC", "EIO", "EACCES")
Known = dict[str, tuple[State, State]]
"""The states before and after each step."""


@dataclass(frozen=True)
class Figure:
    """One line of the page: what was done how often, and how often with harm."""

    what: str
    attacks: int
    harm: int
    about: str = ""


def start(step: str, **more: str) -> "subprocess.Popen[bytes]":
    """A step in a process of its own, silent."""
    command = [sys.executable, "-m", "tests.reliability.workspace", step]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command, cwd=ROOT, env=os.environ | more, **quiet)  # type: ignore[call-overload,no-any-return]


def outcomes(template: Path, home: Path) -> Known:
    """The states before each step, and after it where nothing attacks."""
    found = {}
    for step, run in STEPS.items():
        fresh(template, home, step)
        before = State.now()
        run()
        found[step] = before, State.now()
    return found


def is_harmed(step: str, known: Known) -> bool:
    """Whether the state is neither that of before nor of after, or repeating the step does not reach that."""
    before, after = known[step]
    now = State.now()
    if (now.ledger, now.statistics) not in {(one.ledger, one.statistics) for one in (before, after)}:
        return True
    STEPS[step]()
    again = State.now()
    return again != after or not again.is_exact or not all_copies_whole()


def kills(template: Path, home: Path, known: Known) -> Figure:
    """SIGKILL at each fault point."""
    done = harm = 0
    for step, fault in ((step, fault) for step, faults in AT.items() for fault in faults):
        fresh(template, home, step)
        code = start(step, **{VARIABLE: fault}).wait()
        done += 1
        harm += code != -signal.SIGKILL or is_harmed(step, known)
    return Figure("kills, one at each fault point", done, harm)


def random_kills(template: Path, home: Path, known: Known, times: int) -> Figure:
    """SIGKILL at random moments of a step."""
    chance, harm = random.Random(0), 0
    fresh(template, home)
    began = time.monotonic()
    start("learn").wait()
    longest = time.monotonic() - began
    for _ in range(times):
        step = chance.choice(sorted(STEPS))
        fresh(template, home, step)
        process = start(step)
        time.sleep(chance.uniform(0.3, 1.0) * longest)
        process.kill()
        process.wait()
        harm += is_harmed(step, known)
    return Figure("kills at random moments", times, harm)


def failing_points(template: Path, home: Path, known: Known, errors: Sequence[str] = ERRORS) -> Figure:
    """A system error at each fault point."""
    done = harm = 0
    for step, fault in ((step, fault) for step, faults in AT.items() for fault in faults):
        for error in errors:
            fresh(template, home, step)
            os.environ[VARIABLE] = f"{fault}:{error}"
            try:
                refused = _is_refused(step)
            finally:
                del os.environ[VARIABLE]
            done += 1
            harm += refused is not True or is_harmed(step, known)
    return Figure(f"system errors ({', '.join(errors)}), one of each at each fault point", done, harm)


def failing_disks(template: Path, home: Path, known: Known, every: int = 1) -> Figure:
    """A system error at every ``every``-th change that a step makes to a file or folder, whoever makes it."""
    done = harm = 0
    for step in STEPS:
        fresh(template, home, step)
        with failing(Workspace.current().root) as disk:
            STEPS[step]()
        for at in range(1, disk.changes + 1, every):
            fresh(template, home, step)
            with failing(Workspace.current().root, at, ERRORS[at % len(ERRORS)]):
                refused = _is_refused(step)
            done += 1
            harm += refused is False or is_harmed(step, known)
    about = "a step may also do without what failed, as without a page; then it ends as undisturbed"
    return Figure("system errors at changes of files, by whatever library", done, harm, about)


def full_disks(template: Path, known: Known, disk: Path, rooms: Sequence[int]) -> Figure:
    """Steps on a real disk with ``rooms`` bytes left, which then gets more; ``disk`` is its folder."""
    done = harm = 0
    for step in STEPS:
        for room in rooms:
            fresh(template, disk / "home", step)
            ballast = disk / "ballast"
            ballast.write_bytes(bytes(max(0, shutil.disk_usage(disk).free - room)))
            refused = _is_refused(step)
            ballast.unlink()
            done += 1
            harm += refused is False or is_harmed(step, known)
    return Figure("steps on a disk that is full", done, harm)


def _is_refused(step: str) -> bool | None:
    """Whether a step ends with an error of the machine; None where it ends as if nothing had been."""
    try:
        STEPS[step]()
    except Exception as error:
        return is_machine(error)
    return None


def stored_files(home: Path) -> Iterator[Path]:
    """The files of a workspace that a decision reads, less the database."""
    serving = registry.champion(DATASET)
    assert serving is not None
    for ref in serving.batches:
        yield pointer_path(DATASET, ref)
    for folder in ("data/batches", ".dvc/cache", ".dvc/store"):
        yield from (
            path for path in (home / folder).rglob("*") if path.suffix == ".parquet" or len(path.name) == 30
        )
    yield from (path for path in (files_of(serving.version) / "artifacts").rglob("*") if path.is_file())
    where = Path(connect().get_run(serving.run_id).info.artifact_uri.removeprefix("file://"))
    yield from (where / "expectations.json", where / "expectations_of_base.json")


def damage(template: Path, home: Path, flips: int, cuts: int) -> Figure:
    """Flipped bits and cuts of each stored file, in a workspace whose champion was published here."""
    fresh(template, home)
    learn()
    chance, done, unnoticed = random.Random(0), 0, 0
    assert not [*check_data(DATASET), *check_versions(DATASET)]
    told = batches(DATASET)
    for path in list(stored_files(Workspace.current().root)):
        whole = path.read_bytes()
        path.chmod(0o600)
        places = [chance.randrange(len(whole) * 8) for _ in range(flips)]
        spoilt = [_flipped(whole, place) for place in places]
        spoilt += [whole[: chance.randrange(len(whole))] for _ in range(cuts)]
        for content in spoilt:
            path.write_bytes(content)
            done += 1
            noticed = any((*check_data(DATASET), *check_versions(DATASET)))
            unnoticed += not noticed and not (path.suffix == ".dvc" and batches(DATASET) == told)
        path.write_bytes(whole)
    about = "a flip in a pointer that changes nothing of what is read, as in DVC's free text, does no harm"
    return Figure("flipped bits and cuts of every stored file", done, unnoticed, about)


def _flipped(whole: bytes, place: int) -> bytes:
    content = bytearray(whole)
    content[place // 8] ^= 1 << place % 8
    return bytes(content)


def races(template: Path, home: Path, pairs: int) -> Figure:
    """Two retrainings of different batches at once, each repeated until its batch is learnt."""
    harm = 0
    for _ in range(pairs):
        fresh(template, home)
        STEPS["ingest"]()
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(_until_learnt, (1, 3)))
        now = State.now()
        harm += now.ledger != {batch(number).id for number in (0, 1, 3)} or not now.is_exact
        harm += len(registry.versions(DATASET)) > 3
    return Figure("racing pairs of retrainings", pairs, harm)


def _until_learnt(number: int) -> None:
    while learn(number) is None:
        pass
