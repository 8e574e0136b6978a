"""Commands that answer questions: which version served when."""

from typing import Annotated

import typer

from flows.cli.options import AsJson

commands = typer.Typer()
OneDataset = Annotated[str | None, typer.Option("--dataset", "-d", help="Default: the only one there is.")]


@commands.command()
def which(
    at: Annotated[
        str | None, typer.Option("--at", help="ISO date or date-time, UTC without an offset. Default: now.")
    ] = None,
    dataset: OneDataset = None,
    as_json: AsJson = False,
) -> None:
    """Show which version served at a moment, or all that served on a day."""
    from flows.console.outcome_text import only_dataset
    from flows.predictions.which import print_which

    print_which(dataset or only_dataset(), at, as_json)
