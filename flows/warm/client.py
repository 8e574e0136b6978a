"""Hand a command to the warm runner of the workspace; imports nothing heavy."""

import os
from collections.abc import Sequence
from pathlib import Path

from flows.warm.handover import connected, hand_over
from tasks.core.workspace import Workspace

COLD = frozenset(("up", "down", "serve", "demo", "study", "--help", "--debug", "--version"))
"""Words of commands that need a process of their own."""
DECIDING = ("CUDA", "DVC", "GREENLIGHTNING", "MKL", "MLFLOW", "OMP", "OPENLINEAGE", "PREFECT", "TORCH")
"""Beginnings of variables that libraries read when they are imported."""
HOME = "GREENLIGHTNING_HOME"
"""The workspace: the runner of another one is not found."""


def run_command(arguments: Sequence[str]) -> int | None:
    """The exit code of ``greenlightning ARGUMENTS``; None where no runner takes it, and nothing has been done."""
    if not arguments or COLD & set(arguments):
        return None
    given = {name: os.environ[name] for name in os.environ if name.startswith(DECIDING) and name != HOME}
    return hand_over(_folder(), ["greenlightning", *arguments], given)


def answers() -> bool:
    """Whether a runner listens."""
    try:
        with connected(_folder()):
            return True
    except OSError:
        return False


def _folder() -> Path:
    return Workspace.current().root / ".prefect"
