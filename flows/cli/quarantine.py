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
    from flows.console.quarantine_text import print_held
    from flows.inputs.versions import known_dataset

    print_held(known_dataset(dataset), as_json)


@held.command()
def show(batch: Batch, dataset: OneDataset = None, as_json: AsJson = False) -> None:
    """Show why a batch is in quarantine, where it lies, and what can be done."""
    from flows.console.quarantine_text import print_one
    from flows.inputs.versions import known_dataset
    from tasks.data.batch_index import checked_id

    print_one(known_dataset(dataset), checked_id(batch), as_json)


@held.command()
def accept(batch: Batch, reason: Stated, dataset: OneDataset = None, as_json: AsJson = False) -> None:
    """Take a batch out of quarantine; the next retraining learns it, and such batches are expected."""
    from flows.inputs.quarantine import check_acceptable
    from flows.inputs.versions import known_dataset

    dataset = known_dataset(dataset)
    check_acceptable(dataset, batch, reason)
    from flows.quarantine.decide import accept as flow

    run(flow, as_json, dataset=dataset, batch=batch, reason=reason)


@held.command()
def discard(batch: Batch, reason: Stated, dataset: OneDataset = None, as_json: AsJson = False) -> None:
    """Delete the rows of a quarantined batch; its record stays."""
    from flows.inputs.quarantine import check_discardable
    from flows.inputs.versions import known_dataset

    dataset = known_dataset(dataset)
    check_discardable(dataset, batch, reason)
    from flows.quarantine.decide import discard as flow

    run(flow, as_json, dataset=dataset, batch=batch, reason=reason)


@expected.command("show")
def show_expectations(dataset: OneDataset = None, as_json: AsJson = False) -> None:
    """Show what the champion expects of a batch, column by column."""
    from flows.console.quarantine_text import print_expectations
    from flows.inputs.versions import known_dataset

    print_expectations(known_dataset(dataset), as_json)


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
    from flows.inputs.parameters import stated
    from flows.inputs.versions import champion_of, check_batches, known_dataset

    dataset = known_dataset(dataset)
    champion_of(dataset)
    check_batches(dataset, batch)
    stated(reason)
    from flows.quarantine.relearn import relearn as flow

    run(flow, as_json, dataset=dataset, batches=batch, reason=reason)
