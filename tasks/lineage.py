"""Lineage from MLflow alone: what made a version, and which versions learnt a batch."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from greenlightning.errors import NothingServedError
from tasks.logged_models import LEDGER_FILE
from tasks.names import Alias, Tag
from tasks.pointers import BATCH_ID
from tasks.registry import VersionInfo, version, versions
from tasks.tracking import connect

if TYPE_CHECKING:
    from rich.tree import Tree

SHORT = 12
STYLES = {"version": "bold green", "batch": "cyan", "structure": "magenta", "recipe": "magenta"}
DECIDED = (Tag.KIND, Tag.DECISION, Tag.REASON)
SERVED = (Tag.PROMOTED_AT, Tag.PROMOTION_REASON, Tag.REPLACED, Tag.ROLLED_BACK_FROM)
CODE = (Tag.FLOW_RUN_ID, Tag.GIT_COMMIT, Tag.GIT_DIRTY)


@dataclass(frozen=True)
class LineageNode:
    """One thing in a lineage: its kind and name, the facts known of it, and what it was made of."""

    kind: str
    name: str
    facts: Mapping[str, str] = field(default_factory=dict)
    children: tuple["LineageNode", ...] = ()


def lineage(dataset: str, of: int | Alias | str = Alias.CHAMPION) -> LineageNode:
    """The lineage of a version (its number or alias), or of a batch (its 16-digit id).

    Raises NothingServedError where the dataset has no such version, or no version that learnt the batch.
    """
    if isinstance(of, str) and BATCH_ID.fullmatch(of):
        return _of_batch(dataset, of)
    known = {info.version: info for info in versions(dataset)}
    chosen = known[version(dataset, of if isinstance(of, int) else Alias(of)).version]
    ancestors = _ancestors(chosen, known)
    structure = LineageNode("structure", chosen.tags[Tag.STRUCTURE_DIGEST])
    recipe = LineageNode("recipe", chosen.tags[Tag.RECIPE_DIGEST])
    statistics = LineageNode("statistics", chosen.tags[Tag.STATISTICS_DIGEST])
    parts = (structure, recipe, statistics, _run(chosen), _ledger(chosen, ancestors))
    history = LineageNode("history", "", {"versions": str(len(ancestors))}, tuple(map(_step, ancestors)))
    return LineageNode(
        "version", _title(chosen), _version_facts(chosen), (*parts, *([history] if ancestors else []))
    )


def _of_batch(dataset: str, batch: str) -> LineageNode:
    learners = [info for info in versions(dataset) if batch in info.batches]
    if not learners:
        raise NothingServedError(
            f"No version of {dataset!r} learnt batch {batch}", "See what there is with: greenlightning status"
        )
    entry = _entries(learners[0]).get(batch, {})
    facts = {"md5": learners[0].batches[batch], "rows": str(entry.get("rows", "unknown"))}
    return LineageNode("batch", batch, facts, tuple(map(_step, learners)))


def _ancestors(info: VersionInfo, known: Mapping[int, VersionInfo]) -> list[VersionInfo]:
    """The versions that this one was made from, the nearest first."""
    line = []
    while (parent := known.get(info.parent or 0)) and parent.version < info.version:
        line.append(parent)
        info = parent
    return line


def _title(info: VersionInfo) -> str:
    return f"{info.dataset} version {info.version}" + (f" ({', '.join(info.aliases)})" if info.aliases else "")


def _version_facts(info: VersionInfo) -> dict[str, str]:
    facts = _facts(info, (Tag.ROWS, Tag.ALPHA, *DECIDED, *SERVED))
    if facts.get(Tag.PROMOTION_REASON) == facts.get(Tag.REASON):
        facts.pop(Tag.PROMOTION_REASON, None)
    return {"created": info.created, **facts}


def _step(info: VersionInfo) -> LineageNode:
    return LineageNode("version", _title(info), {"created": info.created, **_facts(info, (*DECIDED, *CODE))})


def _facts(info: VersionInfo, tags: Sequence[Tag]) -> dict[str, str]:
    return {str(tag): info.tags[tag] for tag in tags if info.tags.get(tag)}


def _run(info: VersionInfo) -> LineageNode:
    return LineageNode("run", info.run_id, _facts(info, CODE))


def _ledger(info: VersionInfo, ancestors: Sequence[VersionInfo]) -> LineageNode:
    """The batches a version learnt: md5 of their bytes, rows, site, and the version to learn each first."""
    since = {batch: member.version for member in (info, *ancestors) for batch in member.batches}
    entries, nodes = _entries(info), []
    for batch, md5 in sorted(info.batches.items(), key=lambda item: (since[item[0]], item[0])):
        entry = {key: str(value) for key, value in entries.get(batch, {}).items() if value is not None}
        nodes.append(LineageNode("batch", batch, {**entry, "md5": md5, "since": f"version {since[batch]}"}))
    size = {"batches": str(len(nodes)), "rows": info.tags[Tag.ROWS]}
    return LineageNode("ledger", "", size, tuple(nodes))


def _entries(info: VersionInfo) -> dict[str, dict[str, Any]]:
    """The ledger as its version's artifact holds it; empty where the files are gone (the tags still tell)."""
    from mlflow.artifacts import load_dict
    from mlflow.exceptions import MlflowException

    where = connect().get_model_version_download_uri(info.dataset, str(info.version))
    try:
        return dict(load_dict(f"{where}/{LEDGER_FILE}")["entries"])
    except (OSError, MlflowException):
        return {}


def to_json(node: LineageNode) -> str:
    """The tree as JSON: ``kind``, ``name``, ``facts`` and ``children`` at each level."""
    return json.dumps(asdict(node), indent=2)


def render(node: LineageNode) -> "Tree":
    """The tree for a terminal, digests shortened to 12 digits."""
    from rich.text import Text
    from rich.tree import Tree

    def line(node: LineageNode) -> Text:
        text = Text.assemble((_label(node), STYLES.get(node.kind, "")))
        for name, value in node.facts.items():
            text.append(f"  {name.removeprefix('greenlightning.')} ", "dim").append(_short(value))
        return text

    def grow(branch: Tree, node: LineageNode) -> Tree:
        for child in node.children:
            grow(branch.add(line(child)), child)
        return branch

    return grow(Tree(line(node)), node)


def _label(node: LineageNode) -> str:
    return node.name if node.kind == "version" else f"{node.kind} {_short(node.name)}".strip()


def _short(value: str) -> str:
    return value[:SHORT] if re.fullmatch(r"[0-9a-f]{32,}", value) else value
