"""The command that keeps the workspace small."""

from typing import Annotated

import typer

from flows.cli.options import AsJson, run

commands = typer.Typer()


@commands.command()
def maintenance(
    dataset: Annotated[str | None, typer.Option("--dataset", "-d", help="Default: all.")] = None,
    keep: Annotated[int, typer.Option(min=1, help="Number of newest versions that are never pruned.")] = 10,
    older_than_days: Annotated[
        int, typer.Option(min=0, help="Minimum age in days of a version that is pruned.")
    ] = 7,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be pruned; change nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Prune old versions that can be rebuilt, and close the runs of processes that died."""
    from flows.inputs.versions import known_dataset

    if dataset is not None:
        known_dataset(dataset)
    from flows.versions.maintenance import maintenance as flow

    run(flow, as_json, dataset=dataset, keep=keep, older_than_days=older_than_days, dry_run=dry_run)
