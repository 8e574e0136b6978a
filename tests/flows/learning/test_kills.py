"""A kill at any moment leaves the old champion serving, and the next run finishes."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from flows.learning.retrain import retrain
from tasks.core.constants import Alias, Kind, Tag
from tasks.core.workspace import Workspace
from tasks.data.batch_index import batches
from tasks.models import registry
from tasks.tracking.client import connect, experiment_id
from tests.helpers.digits import (
    DIGITS,
    FIRST,
    add,
    learnt_jointly,
    outcome,
)

pytestmark = pytest.mark.usefixtures("prefect", "champion")


def champion() -> registry.VersionInfo:
    return registry.version(DIGITS, Alias.CHAMPION)


@pytest.mark.parametrize("where", ["registry.log_model", "registry.register_model", "champion.promote.fn"])
def test_a_kill_leaves_the_old_champion_serving_and_the_next_retraining_finishes(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    [base] = batches(DIGITS)
    first = add("first", FIRST)
    with monkeypatch.context() as patch:
        patch.setattr(f"tasks.models.{where}", interrupted)
        with pytest.raises(KeyboardInterrupt):
            retrain(DIGITS, return_state=True)
    assert champion().version == 1
    assert registry.load(DIGITS).statistics.n == 400
    assert list(Workspace.current().scratch.iterdir()) == []
    client = connect()
    runs = client.search_runs([experiment_id(DIGITS)], "attributes.status = 'KILLED'")
    assert Kind.RETRAIN in {run.data.tags[Tag.KIND] for run in runs}
    done = outcome(retrain, dataset=DIGITS)
    model = registry.load(DIGITS)
    assert (done.promoted, done.learnt) == (True, {first: 200})
    assert model.statistics.digest == learnt_jointly(model, [base.id, first]).digest


def interrupted(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt


DIE = """
import os, sys
from flows.engine.session import session
from tasks.core.constants import Kind

with session("digits", Kind.RETRAIN, "killed") as run:
    (run.folder / "half").write_text("")
    os._exit(9)
"""


def test_the_next_run_ends_what_a_killed_process_left() -> None:
    assert subprocess.run([sys.executable, "-c", DIE], cwd=Path(__file__).parents[3]).returncode == 9
    [left] = Workspace.current().scratch.iterdir()
    assert connect().get_run(left.name).info.status == "RUNNING"
    add("first", FIRST)
    assert outcome(retrain, dataset=DIGITS).promoted
    assert connect().get_run(left.name).info.status == "KILLED"
    assert list(Workspace.current().scratch.iterdir()) == []
