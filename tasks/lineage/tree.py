"""Lineage from MLflow alone: what made a version, and which versions learnt a batch."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from greenlightning.errors import IntegrityError, NothingServedError
from tasks.core.constants import Alias, Tag
from tasks.data.batch_index import BATCH_ID
from tasks.models.descent import ancestors_of, first_learner
from tasks.models.files.seals import seal_of_text
from tasks.models.logged_models import LEDGER_FILE, structure_seen
from tasks.models.registry import version, versions
from tasks.models.version_info import VersionInfo
from tasks.tracking.client import connect

SHORT = 12
DECISION_TAGS = (Tag.KIND, Tag.DECISION, Tag.REASON)
PROMOTION_TAGS = (Tag.PROMOTED_AT, Tag.PROMOTION_REASON, Tag.REPLACED, Tag.ROLLED_BACK_FROM)
CODE_TAGS = (Tag.FLOW_RUN_ID, Tag.GIT_COMMIT, Tag.GIT_DIRTY)


@dataclass(frozen=True)
class LineageNode:
    """A node of a lineage tree: its kind, its name, facts to show, and what it was made of."""

    kind: str
    name: str
    facts: Mapping[str, str] = field(default_factory=dict)
    children: tuple["LineageNode", ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The tree below this node as plain data."""
        children = [child.to_dict() for child in self.children]
        return {"kind": self.kind, "name": self.name, "facts": dict(self.facts), "children": children}


@dataclass(frozen=True, kw_only=True)
class VersionNode(LineageNode):
    """A model version."""

    number: int
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class FirstLearnt:
    """The first version known to have learnt a batch; ``exact`` unless older versions were not looked at."""

    version: int
    exact: bool

    def __str__(self) -> str:
        return f"version {self.version}" + ("" if self.exact else " or before")


@dataclass(frozen=True, kw_only=True)
class BatchNode(LineageNode):
    """A batch; ``since`` is known in a version's ledger alone, ``rows`` unless the ledger's files are missing."""

    rows: int | None = None
    md5: str = ""
    site: str | None = None
    since: FirstLearnt | None = None


def lineage(dataset: str, of: int | Alias | str = Alias.CHAMPION) -> VersionNode | BatchNode:
    """The lineage of a version (its number or alias), or of a batch (its 16-digit id).

    Raises NothingServedError where the dataset has no such version, or no version that learnt the batch.
    """
    if isinstance(of, str) and BATCH_ID.fullmatch(of):
        return _of_batch(dataset, of)
    known = {info.version: info for info in versions(dataset)}
    return of_version(known[version(dataset, of if isinstance(of, int) else Alias(of)).version], known)


def of_version(chosen: VersionInfo, known: Mapping[int, VersionInfo]) -> VersionNode:
    """The lineage of ``chosen`` back through those of its ancestors that are among ``known``."""
    ancestors = ancestors_of(chosen, known)
    children = [
        *(_structure(chosen.run_id, *numbered) for numbered in enumerate(chosen.structures, start=1)),
        LineageNode("recipe", chosen.tags[Tag.RECIPE_DIGEST]),
        LineageNode("statistics", chosen.tags[Tag.STATISTICS_DIGEST]),
        LineageNode("run", chosen.run_id, _tagged(chosen, CODE_TAGS)),
        _ledger(chosen, ancestors),
    ]
    if ancestors:
        count = {"versions": str(len(ancestors))}
        children.append(LineageNode("history", "", count, tuple(map(_summary, ancestors))))
    return _version_node(chosen, _facts(chosen), tuple(children))


def _structure(run_id: str, number: int, digest: str) -> LineageNode:
    """The first gates, or those that were added later, and the batches that shaped them."""
    seen = tuple(LineageNode("batch", one) for one in structure_seen(run_id, digest))
    return LineageNode("structure" if number == 1 else f"structure {number}", digest, children=seen)


def ledger_of(dataset: str, number: int) -> list[BatchNode]:
    """The batches of a version's ledger, the earliest learnt first."""
    known = {info.version: info for info in versions(dataset)}
    return _learnt_batches(known[number], ancestors_of(known[number], known))


def _of_batch(dataset: str, batch: str) -> BatchNode:
    learners = [info for info in versions(dataset) if batch in info.batches]
    if not learners:
        raise NothingServedError(
            f"No version of {dataset!r} learnt batch {batch}", "List what there is with: greenlightning status"
        )
    rows, md5 = ledger_entries(learners[0]).get(batch, {}).get("rows"), learners[0].batches[batch]
    facts = {"md5": md5, "rows": "unknown" if rows is None else str(rows)}
    return BatchNode("batch", batch, facts, tuple(map(_summary, learners)), rows=rows, md5=md5)


def _version_node(
    info: VersionInfo, facts: Mapping[str, str], children: tuple[LineageNode, ...] = ()
) -> VersionNode:
    aliases = f" ({', '.join(info.aliases)})" if info.aliases else ""
    name = f"{info.dataset} version {info.version}{aliases}"
    return VersionNode("version", name, facts, children, number=info.version, aliases=info.aliases)


def _facts(info: VersionInfo) -> dict[str, str]:
    facts = _tagged(info, (Tag.ROWS, Tag.ALPHA, *DECISION_TAGS, *PROMOTION_TAGS))
    if facts.get(Tag.PROMOTION_REASON) == facts.get(Tag.REASON):
        facts.pop(Tag.PROMOTION_REASON, None)
    return {"created": info.created, **facts}


def _summary(info: VersionInfo) -> VersionNode:
    """A version in another node's lineage, without its own."""
    facts = _tagged(info, (*DECISION_TAGS, Tag.PROMOTED_AT, *CODE_TAGS))
    return _version_node(info, {"created": info.created, **facts})


def _tagged(info: VersionInfo, tags: Sequence[Tag]) -> dict[str, str]:
    return {str(tag): info.tags[tag] for tag in tags if info.tags.get(tag)}


def _ledger(info: VersionInfo, ancestors: Sequence[VersionInfo]) -> LineageNode:
    batches = _learnt_batches(info, ancestors)
    return LineageNode("ledger", "", {"batches": str(len(batches)), "rows": info.tags[Tag.ROWS]}, tuple(batches))


def _learnt_batches(info: VersionInfo, ancestors: Sequence[VersionInfo]) -> list[BatchNode]:
    """The batches that a version learnt, ordered by the version that learnt each first."""
    line = (info, *ancestors)
    first = {batch: first_learner(batch, line) for batch in info.batches}
    entries, nodes = ledger_entries(info), []
    for batch, md5 in sorted(info.batches.items(), key=lambda item: (first[item[0]].version, item[0])):
        learner, entry = first[batch], entries.get(batch, {})
        since = FirstLearnt(learner.version, learner.parent is None or learner.version != line[-1].version)
        facts = {key: str(value) for key, value in entry.items() if value is not None}
        facts |= {"md5": md5, "since": str(since)}
        rows, site = entry.get("rows"), entry.get("site")
        nodes.append(BatchNode("batch", batch, facts, rows=rows, md5=md5, site=site, since=since))
    return nodes


def ledger_entries(info: VersionInfo) -> dict[str, dict[str, Any]]:
    """The ledger as the version's artifact holds it; empty where the file is missing.

    Raises IntegrityError where it is not the one that was registered.
    """
    from mlflow.artifacts import download_artifacts
    from mlflow.exceptions import MlflowException

    where = connect().get_model_version_download_uri(info.dataset, str(info.version))
    with TemporaryDirectory() as folder:
        try:
            content = Path(download_artifacts(f"{where}/{LEDGER_FILE}", dst_path=folder)).read_bytes()
        except (OSError, MlflowException):
            return {}
    text = content.decode(errors="replace")
    if info.tags.get(Tag.LEDGER, seal_of_text(text)) != seal_of_text(text):
        raise IntegrityError(
            f"The ledger of {info.dataset} version {info.version} is not the one that was registered",
            "Restore mlruns/artifacts from a backup",
        )
    return dict(json.loads(text)["entries"])


def short(value: str) -> str:
    """A digest's first 12 digits; anything else as it is."""
    return value[:SHORT] if re.fullmatch(r"[0-9a-f]{32,}", value) else value
