"""Show the lineage of a version or a batch: as a tree, JSON, DOT, or a page with its graph."""

from pathlib import Path
from typing import Literal

from flows.console.inert_console import out
from flows.console.lineage_tree import lineage_tree
from flows.inputs.versions import parsed_reference
from tasks.lineage.graph import graph_of, to_dot, to_json
from tasks.lineage.page import render_page
from tasks.lineage.run_artifacts import page_path
from tasks.lineage.tree import lineage

Form = Literal["tree", "json", "dot", "html"]


def show_lineage(dataset: str, of: str, form: Form = "tree", output: Path | None = None) -> None:
    """Print the lineage of a version or a batch; for a page, write the file and print its path."""
    tree = lineage(dataset, parsed_reference(of))
    if form == "tree":
        out.print(lineage_tree(tree))
        return
    graph = graph_of(dataset, tree)
    if form == "html":
        path = output or page_path(dataset, tree)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(render_page(dataset, tree, graph))
        out.print(str(path), soft_wrap=True, highlight=False)
    else:
        print(to_json(tree, graph) if form == "json" else to_dot(graph))
