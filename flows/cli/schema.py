"""The command that shows the column schema of a dataset, and declares columns otherwise."""

from typing import TYPE_CHECKING

import typer

from flows.cli.options import AsJson, Dataset
from flows.cli.schema_options import Categorical, Identifier, Ignore, Label, TaskName, Time, declared

if TYPE_CHECKING:
    from greenlightning.tables import TableSchema

commands = typer.Typer()


@commands.command()
def schema(  # noqa: PLR0913
    dataset: Dataset,
    label: Label = None,
    ignore: Ignore = None,
    identifier: Identifier = None,
    time: Time = None,
    categorical: Categorical = None,
    task: TaskName = "auto",
    as_json: AsJson = False,
) -> None:
    """Show what each column of a dataset holds and why; with options, declare it otherwise for the next train."""
    from tasks.data.schemas import check_label, redeclared, save_schema, schema_of

    given = declared(
        label=label, ignore=ignore, identifiers=identifier, time=time, categorical=categorical, task=task
    )
    found = schema_of(dataset)
    if given.about_columns:
        found = redeclared(found, given)
    check_label(dataset, found)
    if given.about_columns:
        save_schema(dataset, found)
    _print(dataset, found, as_json)


def _print(dataset: str, found: "TableSchema", as_json: bool) -> None:
    import json

    from flows.console.schema_table import schema_table
    from tasks.data.schemas import schema_path

    if as_json:
        typer.echo(json.dumps({"dataset": dataset, "path": str(schema_path(dataset)), **found.to_dict()}))
        return
    schema_table(found)
    typer.echo(f"To change it, use the options of this command or edit {schema_path(dataset)}.")
    typer.echo(f"A change counts for the next: greenlightning train --dataset {dataset}")
