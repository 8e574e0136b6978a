"""The lineage as artifacts of a run."""

import json
import logging
from pathlib import Path

import pytest

from greenlightning.data.batch import Batch
from tasks.core.workspace import Workspace
from tasks.lineage.run_artifacts import FILE, PAGE, log_lineage, page_path
from tasks.lineage.tree import lineage
from tasks.models import registry
from tasks.tracking.client import connect


def test_a_version_s_lineage_is_logged_as_json_and_as_a_page(history: list[str], home: Path) -> None:
    log_lineage("digits", 2, registry.version("digits", 1), history[1])
    folder = Path(connect().download_artifacts(history[1], "", str(home)))
    logged = json.loads((folder / FILE).read_text())
    assert (logged["kind"], logged["name"]) == ("version", "digits version 2 (champion)")
    assert "<h1>digits version 2 (champion)</h1>" in (folder / PAGE).read_text()


def test_a_lineage_that_cannot_be_logged_fails_no_run(history: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The warning is taken at its logger: what Prefect does to the handlers of a process is not its matter."""
    warned: list[str] = []
    logger = logging.getLogger("tasks.lineage.run_artifacts")
    monkeypatch.setattr(logger, "warning", lambda text, *about: warned.append(text % about))
    log_lineage("digits", 9, None, history[1])
    [warning] = warned
    assert warning.startswith("The lineage of version 9 was not logged: ")


def test_the_file_of_a_page_is_named_after_the_version_or_the_batch(
    history: list[str], batches: list[Batch]
) -> None:
    folder = Workspace.current().data_docs / "digits"
    assert page_path("digits", lineage("digits")) == folder / "lineage-version-2.html"
    batch = batches[0].id
    assert page_path("digits", lineage("digits", batch)) == folder / f"lineage-{batch}.html"
