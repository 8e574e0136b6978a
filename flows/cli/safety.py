"""Commands that check the workspace, keep it small, and copy it to one archive and back."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import AsJson, Exit, run, user_path

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


@commands.command()
def verify(
    dataset: Annotated[str | None, typer.Option("--dataset", "-d", help="Default: all.")] = None,
    as_json: AsJson = False,
) -> None:
    """Hash every batch and version again, and follow lineage both ways; exits with 6 if anything is damaged."""
    from flows.safety.checking import verify as check

    if not check(dataset, as_json):
        raise typer.Exit(Exit.INTEGRITY)


@commands.command()
def doctor(
    fix: Annotated[
        bool, typer.Option("--fix", help="Repair what can be repaired without losing anything.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Look for damage, lost copies, dead runs and stale files, with remedies; exits with 6 if damage is left."""
    from flows.safety.checking import doctor as examine

    if not examine(fix, as_json):
        raise typer.Exit(Exit.INTEGRITY)


@commands.command()
def backup(
    archive: Annotated[Path, typer.Argument(parser=user_path, metavar="ARCHIVE", help="The file to write.")],
    as_json: AsJson = False,
) -> None:
    """Write data, models, runs and registry to one archive, with the digest of every file."""
    from flows.safety.archive import back_up

    back_up(archive, as_json)


@commands.command()
def restore(
    archive: Annotated[Path, typer.Argument(parser=user_path, metavar="ARCHIVE", help="A file of `backup`.")],
    as_json: AsJson = False,
) -> None:
    """Bring a backup back into an empty workspace, at any path; every file is compared with its digest."""
    from flows.safety.archive import restore as bring_back

    bring_back(archive, as_json)
