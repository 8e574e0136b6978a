"""Commands that decide which version serves, and which are kept whole."""

from typing import Annotated

import typer

from flows.cli.options import AsJson, Dataset, run

commands = typer.Typer()

Version = Annotated[int, typer.Argument(min=1, help="Number of the version.")]
Stated = Annotated[str, typer.Option("--reason", help="Why; kept with the version and the run.")]


@commands.command()
def promote(version: Version, dataset: Dataset, reason: Stated, as_json: AsJson = False) -> None:
    """Serve a version that you chose, such as a challenger."""
    from flows.versions.promote import promote as flow

    run(flow, as_json, dataset=dataset, version=version, reason=reason)


@commands.command()
def rollback(
    dataset: Dataset,
    reason: Stated,
    to: Annotated[int | None, typer.Option(min=1, help="Version to serve. Default: the one before.")] = None,
    as_json: AsJson = False,
) -> None:
    """Serve an earlier version again; what only the version left had learnt is held back."""
    from flows.versions.rollback import rollback as flow

    run(flow, as_json, dataset=dataset, to=to, reason=reason)


@commands.command()
def pin(version: Version, dataset: Dataset, reason: Stated, as_json: AsJson = False) -> None:
    """Keep a version whole, whatever maintenance finds."""
    from flows.versions.pin import pin as flow

    run(flow, as_json, dataset=dataset, version=version, reason=reason)


@commands.command()
def unpin(version: Version, dataset: Dataset, as_json: AsJson = False) -> None:
    """Leave a version to maintenance again."""
    from flows.versions.pin import unpin as flow

    run(flow, as_json, dataset=dataset, version=version)
