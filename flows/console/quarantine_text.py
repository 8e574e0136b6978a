"""Quarantined batches and expectations on the terminal."""

import json

from rich.markup import escape
from rich.table import Table

from flows.console.inert_console import InertConsole
from flows.inputs.versions import champion_of
from greenlightning.data.counted import counted
from tasks.quarantine.records import HeldBatch, held_batch, held_batches

out = InertConsole()


def print_held(dataset: str, as_json: bool) -> None:
    """Print the batches in quarantine, in the order in which they landed."""
    found = held_batches(dataset)
    if as_json:
        print(json.dumps([held.model_dump() for held in found]))
        return
    if not found:
        out.print(f"No batch of {dataset} is in quarantine.")
        return
    table = Table("batch", "rows", "landed", "source", "what is wrong", box=None)
    for held in found:
        state = escape(held.decision.line if held.decision else "; ".join(held.failures))
        table.add_row(held.id, f"{held.rows:,}", held.landed_at[:16].replace("T", " "), escape(held.source), state)
    out.print(table)
    out.print(f"Look at one with: greenlightning quarantine show BATCH --dataset {dataset}", highlight=False)


def print_one(dataset: str, batch: str, as_json: bool) -> None:
    """Print one batch in quarantine, and the commands that decide about it."""
    held = held_batch(dataset, batch)
    if as_json:
        print(held.model_dump_json())
        return
    out.print(
        f"[bold]{held.id}[/] {escape(held.source)}: {counted(held.rows, 'row')}, landed {held.landed_at[:16]}"
    )
    for failure in held.failures:
        out.print(f"  [yellow]broken[/] {escape(failure)}", highlight=False)
    for name, place in {"rows": held.file if held.file.is_file() else None, "page": held.page}.items():
        if place:
            out.print(f"  {name}: {escape(str(place))}", highlight=False, soft_wrap=True)
    for line in _next_steps(held):
        out.print(f"  {escape(line)}", highlight=False, soft_wrap=True)


def print_expectations(dataset: str, as_json: bool) -> None:
    """Print what the champion expects of a batch."""
    serving = champion_of(dataset)
    from tasks.models.version_expectations import expectations_of

    found = expectations_of(serving)
    if as_json:
        print(json.dumps({"digest": found.digest, "version": serving.version, **found.model_dump()}))
        return
    followed = f", moved along with {counted(len(found.learnt), 'batch')}" if found.learnt else ""
    out.print(f"{dataset} version {serving.version}: expectations {found.digest[:12]}", highlight=False)
    out.print(f"  learnt from {found.rows:,} rows{followed}", highlight=False)
    if found.labels:
        out.print(f"  labels: {escape(', '.join(map(str, found.labels)))}", highlight=False)
    table = Table("column", "lowest", "median", "highest", "missing", box=None)
    columns = found.recent
    for name, *numbers, gone in zip(
        columns.names, columns.low, columns.location, columns.high, columns.missing, strict=True
    ):
        table.add_row(escape(name), *(f"{number:.6g}" for number in numbers), f"{gone:.1%}")
    for name, shares in found.categories.shares.items():
        usual = ", ".join(f"{value} {share:.0%}" for value, share in list(shares.items())[:3])
        table.add_row(escape(name), escape(usual), "", "", f"{found.categories.missing.get(name, 0):.1%}")
    out.print(table)


def _next_steps(held: HeldBatch) -> list[str]:
    if held.decision:
        return [held.decision.line]
    command = f"{held.id} --dataset {held.dataset} --reason WHY"
    keep_out = f"keep it out:  greenlightning quarantine discard {command}"
    if held.unlearnable:
        return [f"mend it:      {held.unlearnable}; then ingest {held.source} again", keep_out]
    return [f"let it in:    greenlightning quarantine accept {command}", keep_out]
