"""Run the attacks, for so many ``--minutes``, and write docs/reliability.md."""

import math
import re
import shutil
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.reliability import commands
from tests.reliability.disks import mounted
from tests.reliability.kinds import attacks, machine
from tests.reliability.kinds.fuzz import fuzzing
from tests.reliability.kinds.races import races
from tests.reliability.kinds.soak import soak
from tests.reliability.kinds.strangers import strangers
from tests.reliability.page import page
from tests.reliability.trials import Attack, Records, run
from tests.reliability.workspace import staged

ROOT = Path(__file__).parents[2]
PAGE, RESULTS, SOAKED = (
    ROOT / "docs/reliability.md",
    Path(__file__).with_name("results.jsonl"),
    ROOT / "build/soak",
)
STEPS_EACH = 12
ROOMS = (0, 4_096, 20_000, 100_000, 500_000)
SHARES = (0.02, 0.1, 0.3, 1.0)
"""Of every attack so much is done before any goes on: a run that is broken off has tried them all."""


def main() -> None:
    """Run all attacks that were not done yet."""
    parser = ArgumentParser(prog="make reliability ARGS=…", description="Attack small workspaces.")
    parser.add_argument("--minutes", type=float, default=1e6, help="stop after so many")
    parser.add_argument("--only", default="", help="only attacks whose name matches this pattern")
    parser.add_argument("--random", type=int, default=1000, help="kills at random moments")
    parser.add_argument("--every", type=int, default=1, help="fail at every EVERY-th change of a file")
    parser.add_argument("--sequences", type=int, default=200, help="random sequences of operations and crashes")
    parser.add_argument("--flips", type=int, default=40, help="flipped bits a file")
    parser.add_argument("--cuts", type=int, default=10, help="cuts a file")
    parser.add_argument("--inputs", type=int, default=1_000_000, help="inputs to the readers")
    parser.add_argument("--retrainings", type=int, default=500, help="retrainings on end")
    parser.add_argument("--again", action="store_true", help="start anew")
    parser.add_argument("--page", action="store_true", help="only write the page of what was done")
    chosen = parser.parse_args()
    if not chosen.page:
        _attack(chosen)
    PAGE.write_text(page(Records(RESULTS)))
    print(PAGE.read_text())


def _attack(chosen: Namespace) -> None:
    if chosen.again:
        RESULTS.unlink(missing_ok=True)
        shutil.rmtree(SOAKED, ignore_errors=True)
    until, records = time.monotonic() + 60 * chosen.minutes, Records(RESULTS)
    with tempfile.TemporaryDirectory() as folder, _disk(Path(folder) / "disk") as disk:
        every = list(_attacks(chosen, Path(folder), disk, records))
        for attack in every:
            records.plan(attack)
        for share in SHARES:
            for attack in every:
                if re.search(chosen.only, attack.what):
                    run(attack, records, math.ceil(share * len(attack.names)), until)


def _attacks(chosen: Namespace, folder: Path, disk: Path | None, records: Records) -> Iterator[Attack]:
    small, whole = staged(folder / "steps"), commands.staged(folder / "commands")
    for scene in (small, whole):
        yield attacks.fault_points(scene, [attacks.KILL])
        yield attacks.fault_points(scene, attacks.ERRORS)
    yield attacks.random_kills(whole, chosen.random)
    yield attacks.failing_changes(small, chosen.every, is_killing=False)
    yield attacks.failing_changes(whole, chosen.every, is_killing=False)
    yield attacks.failing_changes(whole, chosen.every, is_killing=True)
    if disk:
        yield attacks.full_disks(small, disk, ROOMS)
    yield attacks.damage(small, "learn", chosen.flips, chosen.cuts)
    yield races(commands.stage(folder / "commands", "busy"), folder / "racing")
    yield _sequences(folder / "steps/template", folder / "sequences", chosen.sequences)
    yield fuzzing(chosen.inputs)
    yield strangers(commands.stage(folder / "commands", "learnt"), folder / "strangers")
    yield soak(commands.stage(folder / "commands", "trained"), SOAKED, records, chosen.retrainings)


def _sequences(template: Path, home: Path, count: int) -> Attack:
    """Random sequences of operations and crashes; one with harm ends with its error."""

    def trial(seed: str) -> str:
        machine.run(template, home, 1, STEPS_EACH, seed=int(seed))
        return ""

    return Attack(f"sequences of {STEPS_EACH} operations and crashes", [*map(str, range(count))], trial)


@contextmanager
def _disk(place: Path) -> Iterator[Path | None]:
    """A file system of 64 MiB, where one can be mounted."""
    place.mkdir()
    with mounted(place, "64m") as why_not:
        if why_not:
            print(why_not)
        yield None if why_not else place


if __name__ == "__main__":
    main()
