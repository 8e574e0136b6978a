"""Commands that keep the workspace small."""

from typing import Annotated

import typer

from flows.cli.options import AsJson, run

commands = typer.Typer()


@commands.command()
def maintenance(
    dataset: Annotated[str | None, typer.Option("--dataset", "-d", help="Default: all there are.")] = None,
    keep: Annotated[int, typer.Option(min=1, help="Newest versions that stay whole.")] = 10,
    older_than_days: Annotated[int, typer.Option(min=0, help="Days for which every version stays whole.")] = 7,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go, and change nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Prune old versions that can be made again, and end what dead processes left."""
    from flows.versions.maintenance import maintenance as flow

    run(flow, as_json, dataset=dataset, keep=keep, older_than_days=older_than_days, dry_run=dry_run)
