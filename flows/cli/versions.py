"""Commands that choose the version that serves, and protect versions from pruning."""

from typing import Annotated

import typer

from flows.cli.options import AsJson, Dataset, run

commands = typer.Typer()

Version = Annotated[int, typer.Argument(min=1, help="Version number.")]
Stated = Annotated[str, typer.Option("--reason", help="Why; recorded with the version and the run.")]


@commands.command()
def promote(version: Version, dataset: Dataset, reason: Stated, as_json: AsJson = False) -> None:
    """Make a version the champion, for example a challenger."""
    from flows.inputs.versions import check_decision

    check_decision(dataset, version, reason)
    from flows.versions.promote import promote as flow

    run(flow, as_json, dataset=dataset, version=version, reason=reason)


@commands.command()
def rollback(
    dataset: Dataset,
    reason: Stated,
    to: Annotated[
        int | None, typer.Option(min=1, help="Version to serve. Default: the previous champion.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Serve an earlier version again; batches that only the later version had learnt are held back."""
    from flows.inputs.versions import check_rollback

    check_rollback(dataset, to, reason)
    from flows.versions.rollback import rollback as flow

    run(flow, as_json, dataset=dataset, to=to, reason=reason)


@commands.command()
def pin(version: Version, dataset: Dataset, reason: Stated, as_json: AsJson = False) -> None:
    """Protect a version from pruning by maintenance."""
    from flows.inputs.versions import check_pin

    check_pin(dataset, version, reason)
    from flows.versions.pin import pin as flow

    run(flow, as_json, dataset=dataset, version=version, reason=reason)


@commands.command()
def unpin(version: Version, dataset: Dataset, as_json: AsJson = False) -> None:
    """Allow maintenance to prune a version again."""
    from flows.inputs.versions import check_unpin

    check_unpin(dataset, version)
    from flows.versions.pin import unpin as flow

    run(flow, as_json, dataset=dataset, version=version)
