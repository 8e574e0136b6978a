"""Commands that bring data in and learn or unlearn it."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from flows.cli.options import AsJson, Dataset, Margin, NewLabels, Reason, Runner, hand_over, run
from greenlightning.structure.defaults import EPOCHS

commands = typer.Typer()


@commands.command()
def ingest(
    file: Annotated[Path, typer.Argument(help="CSV, Parquet, NPZ or IDX(.gz) file.")],
    dataset: Dataset,
    label_column: Annotated[str, typer.Option(help="Column that holds the label.")] = "label",
    labels: Annotated[Path | None, typer.Option(help="Label file of an IDX image file.")] = None,
    allow_new_labels: NewLabels = False,
    as_json: AsJson = False,
) -> None:
    """Bring a file in: land it under its content's hash, validate it, version it or quarantine it."""
    from flows.learning.ingest import ingest as flow

    run(
        flow,
        as_json,
        path=file,
        dataset=dataset,
        label_column=label_column,
        labels=labels,
        allow_new_labels=allow_new_labels,
    )


@commands.command()
def train(  # noqa: PLR0913
    dataset: Dataset,
    batch: Annotated[list[str] | None, typer.Option(help="Base batch; repeat for more. Default: all.")] = None,
    max_epochs: Annotated[
        int | None,
        typer.Option(min=1, help=f"Epochs of structure extraction at most. Default: {EPOCHS}."),
    ] = None,
    random_state: Annotated[int, typer.Option(min=0, help="Seed of everything random.")] = 0,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    margin: Margin = 0.01,
    runner: Runner = "local",
    as_json: AsJson = False,
) -> None:
    """Extract the structure from the base batches until it settles, learn them under it, publish."""
    from flows.learning.train import train as flow
    from tasks.core.settings import Deciding, Learning

    learning = Learning(max_epochs=max_epochs or "auto", random_state=random_state, device=device)
    deciding = Deciding(margin=margin)
    run(flow, as_json, dataset=dataset, batches=batch, learning=learning, deciding=deciding, runner=runner)


@commands.command()
def retrain(  # noqa: PLR0913
    dataset: Annotated[
        str | None, typer.Option("--dataset", "-d", help="Default: every dataset that has a champion.")
    ] = None,
    batch: Annotated[
        list[str] | None,
        typer.Option("--batch", "--batches", help="Batch to learn; repeat, or use commas. Default: all new."),
    ] = None,
    landed_from: Annotated[
        str | None, typer.Option("--from", help="Landed on this day or time, or later; UTC.")
    ] = None,
    landed_to: Annotated[
        str | None, typer.Option("--to", help="Landed on this day or time, or earlier; UTC.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be learnt, and what it would cost.")
    ] = False,
    allow_new_labels: NewLabels = False,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    margin: Margin = 0.01,
    on_red: Annotated[
        Literal["recommend", "train"],
        typer.Option(help="Where structure health is red: recommend a new structure, or extract it first."),
    ] = "recommend",
    latest_start: Annotated[
        str | None, typer.Option(help="Start by this ISO date-time, or duration from now such as PT6H.")
    ] = None,
    carbon_source: Annotated[
        str, typer.Option(help="Wait for a green grid: csv:PATH, electricitymaps:URL or uk:URL. Needs a worker.")
    ] = "none",
    jitter: Annotated[
        str | None, typer.Option(help="Delay the start at random by up to this duration. Needs a worker.")
    ] = None,
    runner: Runner = "local",
    as_json: AsJson = False,
) -> None:
    """Learn what the champion has not learnt yet, at the cost of the new rows alone."""
    from flows.learning.retrain import retrain as flow
    from tasks.core.settings import Deciding

    waits = carbon_source != "none" or jitter is not None
    (hand_over if waits else run)(
        flow,
        as_json,
        dataset=dataset,
        batches=[name.strip() for names in batch or () for name in names.split(",")] or None,
        landed_from=landed_from,
        landed_to=landed_to,
        dry_run=dry_run,
        deciding=Deciding(margin=margin),
        allow_new_labels=allow_new_labels,
        device=device,
        on_red=on_red,
        latest_start=latest_start,
        carbon_source=carbon_source,
        jitter=jitter,
        runner=runner,
    )


@commands.command()
def forget(
    batch: Annotated[str, typer.Argument(help="Batch id, 16 hex digits.")],
    dataset: Dataset,
    reason: Reason = "asked for",
    strict: Annotated[
        bool, typer.Option("--strict", help="Extract structure and recipe anew without it.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Take a learnt batch back: exactly in the linear part, and in the structure too with --strict."""
    from flows.learning.forget import forget as flow

    run(flow, as_json, dataset=dataset, batch=batch, reason=reason, strict=strict)


@commands.command()
def federate(
    dataset: Dataset,
    site: Annotated[list[str], typer.Option(help="NAME=FILE of one site; repeat for each.")],
    allow_new_labels: NewLabels = False,
    margin: Margin = 0.01,
    as_json: AsJson = False,
) -> None:
    """Sum each site's statistics once, under the champion's structure: equal to learning centrally."""
    from flows.learning.federate import federate as flow
    from greenlightning.errors import InputError
    from tasks.core.settings import Deciding

    pairs = [pair.partition("=") for pair in site]
    if unnamed := [name for name, equals, file in pairs if not (name and equals and file)]:
        raise InputError(f"--site {unnamed[0]} names no file", "Write it as --site NAME=FILE")
    if len({name for name, _, _ in pairs}) < len(pairs):
        raise InputError("Two sites have the same name", "Give each --site a name of its own")
    sites = {name: Path(file) for name, _, file in pairs}
    deciding = Deciding(margin=margin)
    run(flow, as_json, dataset=dataset, sites=sites, deciding=deciding, allow_new_labels=allow_new_labels)
