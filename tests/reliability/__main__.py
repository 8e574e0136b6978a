"""Run the attacks and write docs/reliability.md: ``python -m tests.reliability --random 1000 --pairs 200``."""

import tempfile
from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path

from tests.reliability import attacks, machine
from tests.reliability.attacks import ROOT, Figure
from tests.reliability.tiny_disk import mounted
from tests.reliability.workspace import build

STEPS_EACH = 12
ROOMS = (0, 4_096, 20_000, 100_000, 500_000)
PAGE = ROOT / "docs" / "reliability.md"
HEAD = """# Reliability

`make reliability` attacks a small workspace and writes this page; the tests make the same attacks, fewer of them.
Harm means: something is lost, doubled, half-written or unpushed, a version differs from the sums of exactly its
batches, or the repeated command does not reach the state that it reaches undisturbed.
Every durable step has a [fault point](decisions/0054-turns-and-fault-points.md).

| attack | times | with harm |
|---|--:|--:|
"""
TAIL = """
Full scale, which takes hours, is 1,000 kills at random moments, an error at every change of a file,
40 flipped bits and 10 cuts a file, 200 racing pairs and 200 sequences.

Damage is named by `verify`, with the remedy ([Check the workspace](how-to/check-and-restore.md)).
"""


def page(figures: Iterable[Figure]) -> str:
    """The page of these figures, and what full scale is."""
    rows = [f"| {one.what} | {one.attacks:,} | {one.harm:,} |\n" for one in figures]
    notes = [f"\n{one.what.capitalize()}: {one.about}.\n" for one in figures if one.about]
    return HEAD + "".join(rows) + "".join(notes) + TAIL


def main() -> None:
    """Run all attacks; more of the random ones by option."""
    parser = ArgumentParser(prog="make reliability ARGS=…", description="Attack a small workspace.")
    parser.add_argument("--random", type=int, default=1000, help="kills at random moments")
    parser.add_argument("--pairs", type=int, default=200, help="racing pairs")
    parser.add_argument("--every", type=int, default=1, help="fail at every EVERY-th change of a file")
    parser.add_argument("--sequences", type=int, default=200, help="random sequences of operations and crashes")
    parser.add_argument("--flips", type=int, default=40, help="flipped bits a file")
    parser.add_argument("--cuts", type=int, default=10, help="cuts a file")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        template, home = Path(folder) / "template", Path(folder) / "home"
        template.mkdir()
        build(template)
        known = attacks.outcomes(template, home)
        figures = [
            attacks.kills(template, home, known),
            attacks.random_kills(template, home, known, chosen.random),
            attacks.failing_points(template, home, known),
            attacks.failing_disks(template, home, known, chosen.every),
            *_full_disks(template, known, Path(folder) / "disk"),
            attacks.damage(template, home, chosen.flips, chosen.cuts),
            attacks.races(template, home, chosen.pairs),
            _sequences(template, home, chosen.sequences),
        ]
    PAGE.write_text(page(figures))
    print(page(figures))


def _sequences(template: Path, home: Path, count: int) -> Figure:
    """Random sequences of operations and crashes; the first that does harm ends them with its error."""
    machine.run(template, home, count, STEPS_EACH, derandomize=False)
    return Figure(f"sequences of {STEPS_EACH} operations and crashes", count, 0)


def _full_disks(template: Path, known: attacks.Known, place: Path) -> list[Figure]:
    place.mkdir()
    with mounted(place, "64m") as why_not:
        if why_not:
            print(why_not)
            return []
        return [attacks.full_disks(template, known, place, ROOMS)]


if __name__ == "__main__":
    main()
