"""The lineage of a version as artifacts of the run that made it: ``lineage.json`` and ``lineage.html``."""

import logging
from pathlib import Path

from tasks.core.workspace import Workspace, checked_name
from tasks.lineage.graph import graph_of, to_json
from tasks.lineage.page import render_page
from tasks.lineage.tree import LineageNode, VersionNode, of_version
from tasks.models import registry
from tasks.models.version_info import VersionInfo
from tasks.tracking.client import connect

FILE, PAGE = "lineage.json", "lineage.html"


def page_path(dataset: str, tree: LineageNode) -> Path:
    """The default file of a lineage page."""
    name = f"version-{tree.number}" if isinstance(tree, VersionNode) else tree.name
    return Workspace.current().data_docs / checked_name(dataset) / f"lineage-{name}.html"


def log_lineage(dataset: str, number: int, parent: VersionInfo | None, run_id: str) -> None:
    """Log the lineage of a new version as artifacts of its run; a failure is logged, never raised.

    Reads the version and its parent alone, so that the cost does not grow with the number of versions.
    """
    try:
        chosen = registry.version(dataset, number)
        tree = of_version(chosen, {info.version: info for info in (chosen, parent) if info})
        client = connect()
        graph = graph_of(dataset, tree)
        client.log_text(run_id, to_json(tree, graph, indent=None), FILE)
        client.log_text(run_id, render_page(dataset, tree, graph), PAGE)
    except Exception as error:
        logging.getLogger(__name__).warning("The lineage of version %s was not logged: %s", number, error)
