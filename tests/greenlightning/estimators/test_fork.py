"""A forked child predicts and learns, though torch's threads do not survive the fork."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

SCRIPT = """
import os, sys, torch
import numpy as np
from greenlightning import GreenLightningClassifier
torch.set_num_threads(2)
rng = np.random.default_rng(0)
X = rng.normal(size=(4000, 30))
y = (X[:, 0] > 0).astype(int)
model = GreenLightningClassifier(hidden_layer_sizes=(64, 32), max_epochs=1, random_state=0).fit(X, y)
expected = model.predict(X)
child = os.fork()
if child == 0:
    same = np.array_equal(model.predict(X), expected) and torch.get_num_threads() == 1
    model.partial_fit(X + 1, y).predict(X)
    os._exit(0 if same else 3)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert torch.get_num_threads() == 2
print("done")
"""


def test_a_forked_child_predicts_and_learns() -> None:
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT], capture_output=True, text=True, timeout=300
    )
    assert (run.returncode, run.stdout) == (0, "done\n"), run.stderr
