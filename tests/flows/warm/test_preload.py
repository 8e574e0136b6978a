"""Before it forks the warm runner has imported all, knows which code it runs, and has started no thread."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.servers.prefect_server import ROOT
from tests.helpers.servers.up import environment

pytestmark = pytest.mark.slow

PRELOAD = """
import sys, threading
from flows.engine.runtime import embedded
from flows.warm.preload import preload
with embedded():
    preload()
from tasks.models.files.served_library import library
from tasks.tracking.code_version import code_tags
from greenlightning.compute import integers
from prefect.client.schemas.objects import FlowRun
known = [read.cache_info().currsize for read in (library, code_tags)]
known += [len(integers.tried), int(FlowRun.__pydantic_complete__)]
print(threading.active_count(), "great_expectations" in sys.modules, *known)
"""


def test_all_is_imported_and_the_code_known_and_no_thread_runs(home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PRELOAD],
        env=environment(home),
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == ["1", "True", "1", "1", "1", "1"]
