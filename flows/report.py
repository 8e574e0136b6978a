"""What the command line prints of outcomes, the workspace's state and lineage."""

import json

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from flows.outcome import Outcome
from greenlightning.errors import InputError, NothingServedError
from tasks import registry
from tasks.landing import waiting
from tasks.lineage import lineage, render, to_json
from tasks.names import Alias
from tasks.pointers import BATCH_ID, batches
from tasks.workspace import Workspace

out = Console()


def print_outcome(outcome: Outcome, as_json: bool) -> None:
    """Print how a flow run ended: its state, the reason, scores and energy."""
    if as_json:
        print(outcome.model_dump_json())
        return
    colour = "yellow" if outcome.quarantined else "green"
    version = f" version {outcome.version}" if outcome.version else ""
    out.print(
        f"[bold {colour}]{outcome.state}[/] {outcome.dataset}{version}: {escape(outcome.reason)}", highlight=False
    )
    if outcome.scores:
        out.print("  " + ", ".join(f"{name} {value:.4f}" for name, value in outcome.scores.items()))
    if outcome.learnt:
        out.print(f"  learnt {sum(outcome.learnt.values()):,} rows in {len(outcome.learnt)} batch(es)")
    if outcome.spent:
        out.print(f"  spent {outcome.spent.seconds:.2f} s, {outcome.spent.joules:.1f} J ({outcome.spent.source})")
    if outcome.avoided:
        out.print(f"  avoided about {outcome.avoided.joules:.1f} J ({outcome.avoided.source})")
    for note in outcome.notes:
        out.print(f"  [yellow]note[/] {escape(note)}", highlight=False)
    for aside in outcome.quarantined:
        about = escape(f"{aside.source} ({aside.batch}): {'; '.join(aside.reasons)}")
        out.print(f"  [yellow]quarantined[/] {about}", highlight=False)


def datasets() -> list[str]:
    """Names of the datasets that have batches or files waiting; holdouts are not listed."""
    data = Workspace.current().root / "data"
    found = {place.name for kind in ("batches", "incoming", "quarantine") for place in (data / kind).glob("*/")}
    return sorted(name for name in found if not name.endswith(".holdout"))


def only_dataset() -> str:
    """The workspace's one dataset; NothingServedError where there is none, or more than one to choose from."""
    found = datasets()
    if len(found) == 1:
        return found[0]
    raise NothingServedError(
        f"The workspace has {len(found)} datasets" + (f": {', '.join(found)}" if found else ""),
        "Name one with --dataset" if found else "Bring one in with: greenlightning ingest FILE --dataset NAME",
    )


def summary(dataset: str) -> dict[str, object]:
    """One dataset in numbers: champion, batches learnt and new, waiting, set aside."""
    serving = registry.champion(dataset)
    known, forgotten = (serving.batches, serving.forgotten) if serving else ({}, frozenset())
    versioned = [ref.id for ref in batches(dataset)]
    aside = Workspace.current().quarantine(dataset)
    return {
        "champion": serving.version if serving else None,
        "since": serving.tags.get("promoted_at", "") if serving else "",
        "batches": len(versioned),
        "not_learnt": [name for name in versioned if name not in known and name not in forgotten],
        "forgotten": sorted(forgotten),
        "waiting": [landed.id for landed in waiting(dataset)],
        "quarantined": sorted(place.name for place in aside.glob("*/")),
    }


def print_status(as_json: bool) -> None:
    """Print every dataset of the workspace."""
    found = {dataset: summary(dataset) for dataset in datasets()}
    if as_json:
        print(json.dumps({"workspace": str(Workspace.current().root), "datasets": found}))
        return
    if not found:
        out.print("No dataset yet. Bring one in with: greenlightning ingest FILE --dataset NAME")
        return
    table = Table("dataset", "champion", "since", "batches", "new", "forgotten", "waiting", "set aside", box=None)
    for dataset, about in found.items():
        cells = [str(len(v)) if isinstance(v, list) else str("none" if v is None else v) for v in about.values()]
        cells[1] = cells[1][:10]
        table.add_row(dataset, *cells)
    out.print(table)


def print_lineage(dataset: str, of: str, as_json: bool) -> None:
    """Print the lineage of a version or a batch."""
    node = lineage(dataset, _asked(of))
    if as_json:
        print(to_json(node))
    else:
        out.print(render(node))


def _asked(of: str) -> int | Alias | str:
    """What ``of`` names: a version by number or alias, or a batch; InputError for anything else."""
    if of.isdecimal() and len(of) < 16:
        return int(of)
    if of in set(Alias) or BATCH_ID.fullmatch(of):
        return of
    raise InputError(
        f"{of!r} names no version or batch", f"Give a number, one of {', '.join(Alias)}, or 16 hex digits"
    )
