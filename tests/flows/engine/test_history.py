"""Runs without a server: done without Prefect's, kept in the workspace, and told to a server once."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.engine.history import TAG, hand_over
from flows.engine.outcome import outcome_of
from flows.learning.ingest import ingest
from flows.versions.maintenance import maintenance
from greenlightning.errors import InputError
from tasks.core.workspace import Workspace
from tests.helpers.source_files import text


def kept(home: Path) -> list[dict[str, object]]:
    return [json.loads(file.read_text()) for file in sorted((home / ".prefect" / "history").glob("*.json"))]


@pytest.fixture
def no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail where a flow or task engine of Prefect is asked for."""
    monkeypatch.setattr("prefect.flow_engine.run_flow", lambda *_, **__: pytest.fail("a server would start"))
    monkeypatch.setattr("prefect.task_engine.run_task", lambda *_, **__: pytest.fail("a server would start"))


@pytest.mark.usefixtures("no_server")
def test_a_run_without_a_server_is_kept_with_its_ending(home: Path) -> None:
    rows = "".join(f"{number},{'ab'[number % 2]}\n" for number in range(30))
    good = text("a.csv", f"width,label\n{rows}")(home)
    bad = text("b.csv", "width,label\n")(home)
    with temporary_settings({PREFECT_API_URL: None}):
        assert outcome_of(ingest(good, "letters", return_state=True)).state == "Versioned"
        with pytest.raises(InputError, match=r"b\.csv"):
            ingest(bad, "letters")
    first, second = kept(home)
    assert (first["flow"], first["state"]["type"], first["state"]["name"]) == ("ingest", "COMPLETED", "Versioned")
    assert first["parameters"]["path"] == str(good) and first["name"].startswith("ingest letters, 20")
    assert second["state"]["type"] == "FAILED" and "b.csv" in second["state"]["message"]


def test_kept_runs_are_told_to_a_server_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = home / ".prefect" / "history"
    folder.mkdir(parents=True)
    state = {"type": "COMPLETED", "name": "Versioned", "message": "done"}
    for name in ("2", "1"):
        record = {"flow": "ingest", "name": f"run {name}", "parameters": {}, "state": state, "seconds": 2.0}
        (folder / f"{name}.json").write_text(json.dumps(record))
    asked: list[tuple[str, dict[str, object]]] = []

    def call(_: str, url: str, body: dict[str, object]) -> dict[str, str]:
        asked.append((url.rpartition("/api/")[2], body))
        return {"id": "7"}

    monkeypatch.setattr("flows.engine.history.call", call)
    assert hand_over(Workspace(home), "http://server") == 2
    runs = [body for path, body in asked if path == "flow_runs/"]
    assert [(run["name"], run["flow_id"], run["tags"], run["idempotency_key"]) for run in runs] == [
        ("run 1", "7", [TAG], "1"),
        ("run 2", "7", [TAG], "2"),
    ]
    assert runs[0]["state"]["message"] == "done; it took 2.0 s and was recorded later"
    assert hand_over(Workspace(home), "http://server") == 0


@pytest.mark.usefixtures("home", "no_server")
def test_maintenance_asks_no_server() -> None:
    with temporary_settings({PREFECT_API_URL: None}):
        assert outcome_of(maintenance(return_state=True)).state == "Nothing to maintain"


def test_no_command_can_start_prefects_embedded_server(home: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from flows.engine.runtime import set_up; set_up(Path(sys.argv[1]));"
        "from prefect.client.orchestration import get_client; get_client(sync_client=True)"
    )
    environ = {name: os.environ[name] for name in os.environ if not name.startswith("PREFECT")}
    done = subprocess.run(
        [sys.executable, "-c", code, str(home)], capture_output=True, text=True, env=environ, check=False
    )
    assert "No Prefect API URL provided" in done.stderr
