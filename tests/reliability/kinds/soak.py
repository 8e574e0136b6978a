"""Many retrainings in one workspace, nothing pruned: what each leaves and takes."""

import os
import time
from pathlib import Path

import psutil

from tasks.data.ingestion import land
from tasks.models import registry
from tests.reliability.commands import retrain, write
from tests.reliability.scene import DATASET, Ended, fresh
from tests.reliability.trials import Attack, Records

MEASURED, ROWS, A_PROCESS = 10, 40, 50
"""Retrainings between two measurements, rows of each, and retrainings in one process."""
WHAT = "retrainings on end"
CURVE = "soak"


def soak(stage: Path, place: Path, records: Records, retrainings: int) -> Attack:
    """So many retrainings of one workspace, which stays at ``place`` so that a later run goes on."""

    def trial(_: str) -> str:
        if not place.is_dir():
            fresh(stage, place)
        [home] = place.iterdir()
        os.environ["GREENLIGHTNING_HOME"] = str(home)
        done = len(registry.versions(DATASET))
        for number in range(done, done + A_PROCESS):
            write(home / "next.csv", 1000 + number, ROWS, 1.0)
            began = time.process_time()
            land.fn(home / "next.csv", DATASET)
            ended, seconds = retrain(), time.process_time() - began
            if ended is not Ended.DONE:
                return f"retraining {number} ended otherwise"
            if number % MEASURED == 0:
                records.add(attack=CURVE, trial=str(number), **measured(home), seconds=seconds)
        return ""

    names = [str(first) for first in range(1, retrainings + 1, A_PROCESS)]
    return Attack(WHAT, names, trial, A_PROCESS)


def measured(home: Path) -> dict[str, float]:
    """Megabytes on the disk, files and folders (a shared file once), and megabytes of memory."""
    found = {(about := path.lstat()).st_ino: about.st_blocks * 512 for path in home.rglob("*")}
    memory = psutil.Process().memory_info().rss
    return {"megabytes": sum(found.values()) / 1e6, "files": len(found), "memory": memory / 1e6}
