"""Commands on a small table, run in this process as the command line runs them."""

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd

from flows import cli
from flows.cli.options import Exit
from tasks.core.workspace import Workspace
from tasks.data.batch_index import batches
from tasks.quarantine.records import held_batches
from tests.reliability.scene import ARCHIVE, DATASET, SITES, Ended, Scene, fresh

REASON = ("--reason", "a test", "-d", DATASET)
OF_DATASET = ("-d", DATASET)
SOURCES = {
    "base": (0, 120, 1.0),
    "first": (1, 40, 1.0),
    "second": (2, 40, 1.0),
    "moved": (3, 40, 16.0),
    "third": (5, 40, 1.0),
}
"""Files of rows: seed, rows, and what their values are multiplied by."""


def write(file: Path, seed: int, rows: int, scale: float) -> None:
    """A table of four columns and three classes."""
    y = np.arange(rows) % 3
    centres = 3.0 * np.random.default_rng(99).normal(size=(3, 4))
    X = scale * (centres[y] + np.random.default_rng(seed).normal(size=(rows, 4)))
    pd.DataFrame(X, columns=list("abcd")).assign(label=y).to_csv(file, index=False)


def say(*words: str) -> Ended:
    """Run ``greenlightning`` with these words."""
    code = 0
    with patch.object(sys, "argv", ["greenlightning", *words]), patch.dict(os.environ):
        try:
            cli.main()
        except SystemExit as end:
            code = int(end.code or 0)
    endings = {0: Ended.DONE, Exit.QUARANTINED: Ended.DONE, Exit.MACHINE: Ended.NAMED, Exit.UNEXPECTED: Ended.RAW}
    return endings.get(code, Ended.REFUSED)


def source(name: str) -> str:
    """The path of a source file or site's file in the current workspace."""
    return str(Workspace.current().root / name)


def ingest(name: str, *options: str) -> Ended:
    """Ingest one of the sources."""
    return say("ingest", source(f"{name}.csv"), *OF_DATASET, *options)


def train() -> Ended:
    """Train on all batches."""
    return say("train", *OF_DATASET, "--max-epochs", "2")


def retrain() -> Ended:
    """Learn what is new."""
    return say("retrain", *OF_DATASET)


def forget() -> Ended:
    """Forget the newest batch."""
    return say("forget", batches(DATASET)[-1].id, *REASON)


def decide(decision: str) -> Ended:
    """Accept or discard the batch in quarantine; none is one that was decided already."""
    held = [one.id for one in held_batches(DATASET) if one.decision is None]
    return say("quarantine", decision, held[0], *REASON) if held else Ended.REFUSED


def federate() -> Ended:
    """Learn the rows of one site."""
    return say("federate", *OF_DATASET, "--site", f"north={source(SITES)}/north.csv")


COMMANDS: dict[str, Callable[[], Ended]] = {
    "ingest": lambda: ingest("first"),
    "quarantine": lambda: ingest("moved", "--quarantine-moved", "always"),
    "train": train,
    "retrain": retrain,
    "accept": lambda: decide("accept"),
    "discard": lambda: decide("discard"),
    "forget": forget,
    "roll back": lambda: say("rollback", "--to", "1", *REASON),
    "promote": lambda: say("promote", "2", *REASON),
    "federate": federate,
    "maintain": lambda: say("maintenance", "--keep", "1", "--older-than-days", "0"),
    "back up": lambda: say("backup", source(ARCHIVE)),
    "restore": lambda: say("restore", source(ARCHIVE)),
}
BEFORE: dict[str, tuple[str, ...]] = {
    "trained": ("train",),
    "new": ("train", "ingest"),
    "learnt": ("train", "ingest", "retrain"),
    "held": ("train", "quarantine"),
    "rolled back": ("train", "ingest", "retrain", "roll back"),
    "three": ("train", "ingest", "retrain", "federate"),
    "archived": ("train", "ingest", "retrain", "back up"),
    "busy": ("train", "ingest", "retrain", "quarantine", "second"),
}
STAGE = {
    "ingest": "trained",
    "quarantine": "trained",
    "train": "base",
    "retrain": "new",
    "accept": "held",
    "discard": "held",
    "forget": "learnt",
    "roll back": "learnt",
    "promote": "rolled back",
    "federate": "trained",
    "maintain": "three",
    "back up": "learnt",
    "restore": "archived",
}


def staged(folder: Path, wanted: Sequence[str] = tuple(COMMANDS)) -> Scene:
    """A ready workspace for each wanted command, and the states before and after it where nothing attacks."""
    base = folder / "base"
    base.mkdir(mode=0o700, parents=True)
    (base / SITES).mkdir()
    for name, (seed, rows, scale) in SOURCES.items():
        write(base / f"{name}.csv", seed, rows, scale)
    write(base / SITES / "north.csv", 4, 40, 1.0)
    os.environ["GREENLIGHTNING_HOME"] = str(base)
    assert ingest("base") is Ended.DONE
    scene = Scene("commands", folder / "stages", folder / "home", {name: COMMANDS[name] for name in wanted})
    for command in wanted:
        shutil.copytree(stage(folder, STAGE[command]), scene.stages / command)
    scene.explore()
    return scene


def stage(folder: Path, name: str) -> Path:
    """The workspace to which the commands of a stage lead; it is made once."""
    if (folder / name).exists():
        return folder / name
    fresh(folder / "base", folder / f"making {name}")
    for command in BEFORE[name]:
        assert (ingest("second") if command == "second" else COMMANDS[command]()) is Ended.DONE
    if name != "archived":
        return Workspace.current().root.rename(folder / name)
    (folder / name).mkdir(mode=0o700)
    shutil.move(source(ARCHIVE), folder / name)
    return folder / name
