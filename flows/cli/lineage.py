"""Commands that trace a version to its data and code, and reproduce it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.options import AsJson, Dataset, run, user_path

if TYPE_CHECKING:
    from flows.versions.lineage import Form

commands = typer.Typer()


@commands.command()
def lineage(
    of: Annotated[str, typer.Argument(help="Version number, alias (champion) or batch id.")] = "champion",
    dataset: Annotated[str | None, typer.Option("--dataset", "-d", help="Default: the only one there is.")] = None,
    dot: Annotated[bool, typer.Option("--dot", help="Print the graph in the DOT language.")] = False,
    html: Annotated[
        bool, typer.Option("--html", help="Write an HTML page with the graph and print its path.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "--output",
            parser=user_path,
            metavar="PATH",
            help="Output file. Default: lineage-… in data/docs/NAME/.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Trace a version to its bytes, structure and code, or a batch to every version that learnt it."""
    from flows.inputs.files import check_writable
    from flows.inputs.versions import check_reference, known_dataset
    from greenlightning.errors import InputError

    forms: dict[Form, bool] = {"json": as_json, "dot": dot, "html": html}
    wanted: list[Form] = [form for form, asked in forms.items() if asked]
    if len(wanted) > 1 or (output and not html):
        raise InputError("These output options cannot be combined", "Give one of --json, --dot and --html")
    dataset = known_dataset(dataset)
    check_reference(dataset, of)
    check_writable(output)
    from flows.versions.lineage import show_lineage

    show_lineage(dataset, of, wanted[0] if wanted else "tree", output)


@commands.command()
def reproduce(
    dataset: Dataset,
    version: Annotated[int | None, typer.Argument(min=1, help="Version number. Default: the champion.")] = None,
    structure: Annotated[bool, typer.Option("--structure", help="Extract the structure again too.")] = False,
    restore: Annotated[
        bool, typer.Option("--restore", help="Replace pruned or lost files by the rebuilt ones.")
    ] = False,
    site_file: Annotated[
        list[Path] | None,
        typer.Option(
            "--site-file", parser=user_path, metavar="PATH", help="A site's own file, for a federated version."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Rebuild a version from its versioned data and compare every number; exits with 0 if all are equal."""
    from flows.inputs.files import check_present
    from flows.inputs.versions import version_of
    from tasks.core.constants import Alias

    version_of(dataset, version or Alias.CHAMPION)
    check_present(site_file)
    from flows.versions.reproduce import reproduce as flow

    run(
        flow, as_json, dataset=dataset, version=version, structure=structure, restore=restore, site_files=site_file
    )
