"""From a file on disk to a promoted champion as a whole process. ``python -m benchmarks.whole [DATASET…]``

Ours: the command ``learn`` as a process of its own (cold), in the warm runner of `up`, and a run that an event
starts. Beside it a conventional pipeline with the same tools and files, cold and from a fork with everything
imported. Joules are processor seconds of all processes, servers included, by the watts of a core. Those of
``python -c "import prefect, mlflow, dvc.api"``, measured in between, tell how busy the machine was. Arithmetic
has one thread on both sides. Writes ``benchmarks/results/whole.json`` and prints a Markdown table.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.core.common import PRESENT
from benchmarks.core.records import RESULTS
from benchmarks.whole import ours
from benchmarks.whole.process_tree import Cost, measured

BARE = (sys.executable, "-c", "import prefect, mlflow, dvc.api")
CONVENTIONAL = (sys.executable, "-m", "benchmarks.whole.conventional")
Costs = dict[str, list[Cost]]


def whole(dataset: str, repeats: int, folder: Path) -> tuple[Costs, dict[str, float]]:
    """The costs of every way from a file to the champion, and the seconds of `up`."""
    held, base, batches = ours.write_files(dataset, folder)
    home, other = folder / "ours", folder / "conventional"
    home.mkdir(mode=0o700)
    costs: Costs = {}

    def add(name: str, cost: Cost) -> None:
        costs.setdefault(name, []).append(cost)
        print(f"{dataset}: {name}: {cost.seconds:.2f} s, processor {cost.processor:.2f} s", flush=True)

    ours.prepare(dataset, home, held, base)
    left = iter(batches)
    for number in range(repeats):
        add("bare import", measured(BARE, home))
        add("learn, cold", ours.learn(next(left), dataset, home))
        files = [str(file) for file in (held, batches[number], base, *batches[:number])]
        add("conventional, cold", measured([*CONVENTIONAL, str(other), *files], other))
    for name, cost in ours.answers(dataset, home).items():
        add(f"{name}, cold", cost)
    with ours.up(home) as started:
        server = json.loads((home / ".prefect" / "up.json").read_text())["prefect_url"]
        os.environ["PREFECT_API_AUTH_STRING"] = (home / ".prefect" / "secret").read_text()
        for number in range(repeats):
            add("learn, warm", ours.learn(next(left), dataset, home))
            files = [str(file) for file in (held, batches[number], base, *batches[:number])]
            add("conventional, warm", _warm_conventional([str(other), *files], home, server))
        add("by an event, from landing to promoted", ours.by_event(next(left), dataset, home))
        for name, cost in ours.answers(dataset, home).items():
            add(f"{name}, warm", cost)
        files = [str(file) for file in (held, batches[-1], base, *batches[:-1])]
        add("conventional, warm, after all batches", _warm_conventional([str(other), *files], home, server))
    return costs, started


def _warm_conventional(arguments: Sequence[str], home: Path, server: str) -> Cost:
    """The conventional pipeline in a fork, recorded by the server of ours."""
    environment = os.environ | {"PREFECT_API_URL": f"{server}/api"}
    command = [*CONVENTIONAL, "--warm", "--servers", str(home), *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


def as_table(costs: Costs) -> str:
    """Medians, and processor seconds over those of the bare import."""
    bare = median(cost.processor for cost in costs["bare import"])
    lines = ["| what | seconds | processor seconds | joules | of them outside learning | over the bare import |"]
    lines.append("|---|---|---|---|---|---|")
    for name, some in costs.items():
        seconds, processor = median(c.seconds for c in some), median(c.processor for c in some)
        joules = median(c.joules for c in some)
        outside = f"{median(c.outside for c in some):.1f}" if some[0].learning else ""
        lines.append(
            f"| {name} | {seconds:.2f} | {processor:.2f} | {joules:.1f} | {outside} | {processor / bare:.2f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure the data sets that are named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("datasets", nargs="*", default=PRESENT)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--output", type=Path, default=RESULTS / "whole.json")
    given = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    found = json.loads(given.output.read_text()) if given.output.is_file() else {}
    for dataset in given.datasets:
        with TemporaryDirectory() as folder:
            costs, started = whole(dataset, given.repeats, Path(folder))
        found[dataset] = {"up": started, **{name: [vars(one) for one in some] for name, some in costs.items()}}
        given.output.write_text(json.dumps(found, indent=1) + "\n")
        print(
            f"\n{dataset}; up: dashboards after {started['dashboards']:.1f} s, all after {started['all']:.1f} s\n"
        )
        print(as_table(costs), flush=True)


if __name__ == "__main__":
    main()
