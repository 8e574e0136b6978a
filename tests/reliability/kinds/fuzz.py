"""Files of any bytes before the readers: runs of tests/tasks/data/readers/test_fuzz.py with seeds of their own."""

import os
import re
import resource
import subprocess
import sys
from pathlib import Path

from tests.reliability.trials import Attack

ROOT = Path(__file__).parents[3]
EACH, FORMATS, WORKBOOKS = 5_000, 11, 4
"""Inputs a format in one run; those in workbooks take longer, and are fewer (test_fuzz.py)."""
FEWER = 8
INPUTS = EACH * FORMATS + EACH // FEWER * WORKBOOKS
MOST_MEMORY = 1 << 20
"""Kilobytes, which are 1 GiB."""


def fuzzing(inputs: int) -> Attack:
    """Runs with so many inputs in all; a run does harm where one input ends in another error than ours."""

    def trial(name: str) -> str:
        test = ["tests/tasks/data/readers/test_fuzz.py", "-n", "0", "-p", "no:cacheprovider", "-o", "addopts=-q"]
        command = [sys.executable, "-m", "pytest", *test, f"--hypothesis-seed={name}", "--import-mode=importlib"]
        environment = os.environ | {"GREENLIGHTNING_FUZZ": str(EACH)}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        if not re.search(rf"^{FORMATS + WORKBOOKS} passed in", done.stdout, re.MULTILINE):
            return done.stdout[-2000:]
        if (most := resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) > MOST_MEMORY:
            return f"the process took {most} KiB"
        return ""

    names = [str(seed) for seed in range(1, -(-inputs // INPUTS) + 1)]
    about = "a few changed bytes in files of every format, and bytes after the first ones of every format"
    return Attack("inputs to the readers of files", names, trial, INPUTS, about)
