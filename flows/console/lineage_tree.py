"""The lineage of a version or a batch as a tree on the terminal."""

from rich.text import Text
from rich.tree import Tree

from tasks.lineage.tree import LineageNode, short

COUNTS = ("rows", "batches", "greenlightning.rows")
STYLES = {"version": "bold green", "batch": "cyan", "structure": "magenta", "recipe": "magenta"}


def lineage_tree(node: LineageNode) -> Tree:
    """The tree below ``node``, digests cut to 12 digits."""
    tree = Tree(_line(node))
    _add_children(tree, node)
    return tree


def _add_children(branch: Tree, node: LineageNode) -> None:
    for child in node.children:
        _add_children(branch.add(_line(child)), child)


def _line(node: LineageNode) -> Text:
    label = node.name if node.kind == "version" else f"{node.kind} {short(node.name)}".strip()
    text = Text.assemble((label, STYLES.get(node.kind, "")))
    for name, value in node.facts.items():
        shown = f"{int(value):,}" if name in COUNTS and value.isdecimal() else short(value)
        text.append(f"  {name.removeprefix('greenlightning.')} ", "dim").append(shown)
    return text
