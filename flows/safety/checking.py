"""Verify hashes all that is reachable; doctor looks at everything, and repairs what is safe to repair."""

import json
from collections.abc import Iterator

from flows.console.inert_console import out
from tasks.core.workspace import Workspace
from tasks.data.batch_index import datasets
from tasks.integrity.data_checks import check_data, check_quarantine
from tasks.integrity.findings import Finding, found_by, repaired
from tasks.integrity.version_checks import check_aliases, check_files, check_versions
from tasks.integrity.workspace_checks import check_orphans, check_workspace
from tasks.models import registry
from tasks.tracking.client import connect


def verify(dataset: str | None, as_json: bool) -> bool:
    """Hash every stored byte and follow lineage both ways; print what is damaged, return whether all is whole."""
    found = []
    for name in [dataset] if dataset else datasets():
        found += [*check_data(name), *check_quarantine(name), *check_versions(name)]
    found = [finding for finding in found if finding.damage]
    _print("All that is stored is whole", found, [], as_json)
    return not found


def doctor(fix: bool, as_json: bool) -> bool:
    """Look at workspace, stores, pointers, aliases and orphans; return whether no damage is left."""
    done, left = repaired(_examined()) if fix else ([], list(_examined()))
    _print("Nothing is wrong", left, done, as_json)
    return not any(finding.damage for finding in left)


def _examined() -> Iterator[Finding]:
    yield from check_workspace()
    lost = list(found_by("mlruns", connect))
    yield from lost
    for name in datasets():
        yield from check_data(name)
        yield from check_quarantine(name)
        if not lost:
            yield from _champion(name)


def _champion(dataset: str) -> Iterator[Finding]:
    versions = registry.versions(dataset)
    if versions:
        yield from check_orphans(dataset)
    if serving := registry.champion(dataset):
        yield from check_files(serving)
    yield from check_aliases(dataset, versions)


def _print(well: str, left: list[Finding], done: list[Finding], as_json: bool) -> None:
    if as_json:
        place = {"workspace": str(Workspace.current().root), "ok": not any(one.damage for one in left)}
        facts = {"findings": [one.to_dict() for one in left], "repaired": [one.to_dict() for one in done]}
        print(json.dumps(place | facts))
        return
    for one in done:
        out.print(f"repaired  {one.where}: {one.what}", highlight=False, markup=False, soft_wrap=True)
    for one in left:
        mark = "damaged " if one.damage else "note    "
        out.print(f"{mark}  {one.line}", highlight=False, markup=False, soft_wrap=True)
    if not left:
        out.print(f"{'Repaired. ' if done else ''}{well}.", highlight=False)
