"""Ours from a file to the champion: cold commands, the warm runner, and runs that events start."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import numpy as np

from benchmarks.whole.process_tree import Cost, measured, servers_seconds
from greenlightning.data.datasets import load
from tasks.data.holdout import holdout_of

COMMAND = (sys.executable, "-P", "-m", "greenlightning")
BATCHES = 5
PATIENCE = 300.0
OLD = 1.7e9
"""A time of modification: files that were written just now are watched for a while."""


def write_files(dataset: str, folder: Path) -> tuple[Path, Path, list[Path]]:
    """Holdout, base (a quarter of the rows) and five batches of the rest: of digits 200 rows each."""
    from tasks.data.demo_stream import write_part

    data = load(dataset)
    order = np.random.default_rng(0).permutation(len(data.X_train))
    base, rest = np.split(order, [len(order) // 4])
    pieces = {"base": base} | {f"batch {n}": rows for n, rows in enumerate(np.array_split(rest, BATCHES))}
    files = [write_part(folder, name, data, data.X_train[r], data.y_train[r]) for name, r in pieces.items()]
    held = write_part(folder, "holdout", data, data.X_test, data.y_test)
    for file in (held, *files):
        os.utime(file, (OLD, OLD))
    return held, files[0], files[1:]


def prepare(dataset: str, home: Path, held: Path, base: Path) -> None:
    """A first champion in the workspace ``home``."""
    measured([*COMMAND, "ingest", str(held), "--dataset", holdout_of(dataset)], home)
    measured([*COMMAND, "learn", str(base), "--dataset", dataset], home)


def learn(file: Path, dataset: str, home: Path) -> Cost:
    """One file to the champion by one command."""
    return measured([*COMMAND, "learn", str(file), "--dataset", dataset, "--json"], home)


def answers(dataset: str, home: Path) -> dict[str, Cost]:
    """The commands that should answer at once."""
    bad = home / "bad.csv"
    bad.write_text("a,b\n")
    return {
        "status": measured([*COMMAND, "status"], home),
        "lineage": measured([*COMMAND, "lineage", "--dataset", dataset], home),
        "refusal": measured([*COMMAND, "ingest", str(bad), "--dataset", dataset], home, accept=(3,)),
    }


@contextmanager
def up(home: Path) -> Iterator[dict[str, float]]:
    """Run `up`; seconds until both dashboards answer, and until all is ready."""
    start, found = time.perf_counter(), dict[str, float]()
    command = [*COMMAND, "up", "--prefect-port", "0", "--mlflow-port", "0", "--no-gpu"]
    environment = os.environ | {"GREENLIGHTNING_HOME": str(home)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None and len(found) < 1:
            state = home / ".prefect" / "up.json"
            started = json.loads(state.read_text()) if state.is_file() else {}
            if started.get("prefect_url") and started.get("mlflow_url"):
                found["dashboards"] = time.perf_counter() - start
            time.sleep(0.1)
    found["all"] = time.perf_counter() - start
    try:
        yield found
    finally:
        subprocess.run([*COMMAND, "down"], env=environment, stdout=subprocess.DEVNULL, check=True)


def by_event(file: Path, dataset: str, home: Path) -> Cost:
    """``ingest`` lands a batch, an event starts the run: from landing to promotion, the ingest's cost left out."""
    os.environ["GREENLIGHTNING_HOME"] = str(home)
    from tasks.data.batch_index import batches
    from tasks.models import registry

    measured([*COMMAND, "ingest", str(file), "--dataset", dataset], home)
    landed, before = batches(dataset)[-1], servers_seconds(home)
    until = time.monotonic() + PATIENCE
    while landed.id not in (serving := registry.champion_of(dataset)).batches:
        if time.monotonic() > until:
            raise RuntimeError(f"batch {landed.id} was not learnt in {PATIENCE:.0f} s")
        time.sleep(0.2)
    promoted = datetime.fromisoformat(serving.tags["promoted_at"])
    time.sleep(2)
    seconds = (promoted - datetime.fromisoformat(landed.landed_at)).total_seconds()
    return Cost(seconds, 0.0, servers_seconds(home) - before)
