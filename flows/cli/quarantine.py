"""Commands about quarantined batches, and about what validation expects."""

from typing import Annotated

import typer

from flows.cli.options import AsJson, run

commands = typer.Typer()
held = typer.Typer(help="List and show quarantined batches; accept or discard one.", no_args_is_help=True)
expected = typer.Typer(help="Show what validation expects, or learn it again.", no_args_is_help=True)
commands.add_typer(held, name="quarantine")
commands.add_typer(expected, name="expectations")

Batch = Annotated[str, typer.Argument(help="Batch id, 16 hex digits.")]
OneDataset = Annotated[
    str | None, typer.Option("--dataset", "-d", help="Name of the dataset. Default: the only one there is.")
]
Stated = Annotated[str, typer.Option("--reason", help="Why; recorded with the batch and the run.")]


@held.command("list")
def list_batches(dataset: OneDataset = None, as_json: AsJson = False) -> None:
    """List the quarantined batches with what is wrong with them."""
    from flows.console.outcome_text import only_dataset
    from flows.console.quarantine_text import print_held

    print_held(dataset or only_dataset(), as_json)


@held.command()
def show(batch: Batch, dataset: OneDataset = None, as_json: AsJson = False) -> None:
    """Show why a batch is in quarantine, where it lies, and what can be done."""
    from flows.console.outcome_text import only_dataset
    from flows.console.quarantine_text import print_one

    print_one(dataset or only_dataset(), batch, as_json)


@held.command()
def accept(batch: Batch, reason: Stated, dataset: OneDataset = None, as_json: AsJson = False) -> None:
    """Take a batch out of quarantine; the next retraining learns it, and such batches are expected."""
    from flows.console.outcome_text import only_dataset
    from flows.quarantine.decide import accept as flow

    run(flow, as_json, dataset=dataset or only_dataset(), batch=batch, reason=reason)


@held.command()
def discard(batch: Batch, reason: Stated, dataset: OneDataset = None, as_json: AsJson = False) -> None:
    """Delete the rows of a quarantined batch; its record stays."""
    from flows.console.outcome_text import only_dataset
    from flows.quarantine.decide import discard as flow

    run(flow, as_json, dataset=dataset or only_dataset(), batch=batch, reason=reason)


@expected.command("show")
def show_expectations(dataset: OneDataset = None, as_json: AsJson = False) -> None:
    """Show what the champion expects of a batch, column by column."""
    from flows.console.outcome_text import only_dataset
    from flows.console.quarantine_text import print_expectations

    print_expectations(dataset or only_dataset(), as_json)


@expected.command()
def relearn(
    reason: Stated,
    batch: Annotated[
        list[str] | None,
        typer.Option("--from", help="Batch to learn from; repeat for more. Default: those of the champion."),
    ] = None,
    dataset: OneDataset = None,
    as_json: AsJson = False,
) -> None:
    """Learn again what is expected of batches; the model stays as it is."""
    from flows.console.outcome_text import only_dataset
    from flows.quarantine.relearn import relearn as flow

    run(flow, as_json, dataset=dataset or only_dataset(), batches=batch, reason=reason)
