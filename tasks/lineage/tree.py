"""Lineage from MLflow alone: what made a version, and which versions learnt a batch."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from greenlightning.errors import NothingServedError
from tasks.core.constants import Alias, Tag
from tasks.data.batch_index import BATCH_ID
from tasks.models.logged_models import LEDGER_FILE, structure_seen
from tasks.models.registry import version, versions
from tasks.models.version_info import VersionInfo
from tasks.tracking.client import connect

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
    return of_version(known[version(dataset, of if isinstance(of, int) else Alias(of)).version], known)


def of_version(chosen: VersionInfo, known: Mapping[int, VersionInfo]) -> LineageNode:
    """The lineage of ``chosen`` back through those of its ancestors that are among ``known``."""
    ancestors = line_of(chosen, known)
    digest = chosen.tags[Tag.STRUCTURE_DIGEST]
    trained = tuple(LineageNode("batch", batch) for batch in structure_seen(chosen.run_id, digest))
    structure = LineageNode("structure", digest, children=trained)
    recipe = LineageNode("recipe", chosen.tags[Tag.RECIPE_DIGEST])
    statistics = LineageNode("statistics", chosen.tags[Tag.STATISTICS_DIGEST])
    parts = (structure, recipe, statistics, _run(chosen), _ledger(chosen, ancestors))
    history = LineageNode("history", "", {"versions": str(len(ancestors))}, tuple(map(_step, ancestors)))
    return LineageNode(
        "version", _title(chosen), _version_facts(chosen), (*parts, *([history] if ancestors else []))
    )


def ledger_of(dataset: str, number: int) -> LineageNode:
    """The part ``ledger`` of a version's lineage alone."""
    known = {info.version: info for info in versions(dataset)}
    return _ledger(known[number], line_of(known[number], known))


def _of_batch(dataset: str, batch: str) -> LineageNode:
    learners = [info for info in versions(dataset) if batch in info.batches]
    if not learners:
        raise NothingServedError(
            f"No version of {dataset!r} learnt batch {batch}", "See what there is with: greenlightning status"
        )
    entry = ledger_entries(learners[0]).get(batch, {})
    facts = {"md5": learners[0].batches[batch], "rows": str(entry.get("rows", "unknown"))}
    return LineageNode("batch", batch, facts, tuple(map(_step, learners)))


def line_of(info: VersionInfo, known: Mapping[int, VersionInfo]) -> list[VersionInfo]:
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
    facts = _facts(info, (*DECIDED, Tag.PROMOTED_AT, *CODE))
    return LineageNode("version", _title(info), {"created": info.created, **facts})


def _facts(info: VersionInfo, tags: Sequence[Tag]) -> dict[str, str]:
    return {str(tag): info.tags[tag] for tag in tags if info.tags.get(tag)}


def _run(info: VersionInfo) -> LineageNode:
    return LineageNode("run", info.run_id, _facts(info, CODE))


def _ledger(info: VersionInfo, ancestors: Sequence[VersionInfo]) -> LineageNode:
    """The batches a version learnt: md5 of their bytes, rows, site, and the version to learn each first."""
    line = (info, *ancestors)
    since = {batch: learnt_in(batch, line) for batch in info.batches}
    entries, nodes = ledger_entries(info), []
    for batch, md5 in sorted(info.batches.items(), key=lambda item: (since[item[0]].version, item[0])):
        entry = {key: str(value) for key, value in entries.get(batch, {}).items() if value is not None}
        nodes.append(LineageNode("batch", batch, {**entry, "md5": md5, "since": _told(since[batch], line)}))
    size = {"batches": str(len(nodes)), "rows": info.tags[Tag.ROWS]}
    return LineageNode("ledger", "", size, tuple(nodes))


def learnt_in(batch: str, line: Sequence[VersionInfo]) -> VersionInfo:
    """The version of ``line`` (the nearest first) that learnt ``batch`` and handed it on under one recipe."""
    recipe = line[0].tags[Tag.RECIPE_DIGEST]
    kept = takewhile(lambda one: batch in one.batches and one.tags[Tag.RECIPE_DIGEST] == recipe, line)
    return list(kept)[-1]


def _told(first: VersionInfo, line: Sequence[VersionInfo]) -> str:
    """What is known of when a batch was learnt, where ``line`` may end before the first version."""
    cut = first.parent is not None and first.version == line[-1].version
    return f"version {first.version}" + (" or before" if cut else "")


def ledger_entries(info: VersionInfo) -> dict[str, dict[str, Any]]:
    """The ledger as its version's artifact holds it; empty where the files are gone (the tags still tell)."""
    from mlflow.artifacts import load_dict
    from mlflow.exceptions import MlflowException

    where = connect().get_model_version_download_uri(info.dataset, str(info.version))
    try:
        return dict(load_dict(f"{where}/{LEDGER_FILE}")["entries"])
    except (OSError, MlflowException):
        return {}


def render(node: LineageNode) -> "Tree":
    """The tree for a terminal, digests shortened to 12 digits."""
    from rich.text import Text
    from rich.tree import Tree

    def line(node: LineageNode) -> Text:
        text = Text.assemble((_label(node), STYLES.get(node.kind, "")))
        for name, value in node.facts.items():
            text.append(f"  {name.removeprefix('greenlightning.')} ", "dim").append(short(value))
        return text

    def grow(branch: Tree, node: LineageNode) -> Tree:
        for child in node.children:
            grow(branch.add(line(child)), child)
        return branch

    return grow(Tree(line(node)), node)


def _label(node: LineageNode) -> str:
    return node.name if node.kind == "version" else f"{node.kind} {short(node.name)}".strip()


def short(value: str) -> str:
    """A digest's first 12 digits; anything else as it is."""
    return value[:SHORT] if re.fullmatch(r"[0-9a-f]{32,}", value) else value
