"""Commands by which sites agree on the columns of a table before there is a recipe."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.federation.options import Folders, Out, Rows, Trust
from flows.cli.options import AsJson, Dataset
from flows.cli.reading_options import Decimal, Encoding, Memory, Separator, Sheet
from flows.cli.reading_options import reading as reading_of
from flows.cli.schema_options import Categorical, Identifier, Ignore, TaskName, Time, declared

commands = typer.Typer()


@commands.command()
def profile(  # noqa: PLR0913
    file: Rows,
    site: Annotated[str, typer.Option("--site", help="Name of this site.")],
    out: Out,
    label: Annotated[str, typer.Option("--label", help="Name of the label column.")] = "label",
    fewest_rows: Annotated[int, typer.Option(min=1, help="Rows below which a category is not named.")] = 3,
    separator: Separator = None,
    decimal: Decimal = None,
    encoding: Encoding = None,
    sheet: Sheet = None,
    memory: Memory = None,
    as_json: AsJson = False,
) -> None:
    """Site: sign counts, extremes, histograms and categories of its columns; no row is sent."""
    from tasks.core.workspace import checked_name
    from tasks.federation.sending import Sending

    reading = reading_of(separator=separator, decimal=decimal, encoding=encoding, sheet=sheet, memory=memory)
    sending = Sending(Path(), checked_name(site, "site"), out, fewest_rows)
    from flows.console.agreement_text import print_profile

    print_profile(file, label, sending, reading, as_json)


@commands.command()
def agree(  # noqa: PLR0913
    profiles: Folders,
    dataset: Dataset,
    ignore: Ignore = None,
    identifier: Identifier = None,
    time: Time = None,
    categorical: Categorical = None,
    task: TaskName = "auto",
    trust: Trust = None,
    as_json: AsJson = False,
) -> None:
    """Merge profiles into the schema and the encoder of a dataset, which its next training uses."""
    from flows.inputs.learning import check_messages
    from tasks.core.workspace import checked_name

    checked_name(dataset)
    check_messages(profiles, "profile")
    given = declared(ignore=ignore, identifiers=identifier, time=time, categorical=categorical, task=task)
    from flows.console.agreement_text import print_agreement

    print_agreement(profiles, dataset, given, frozenset(trust) if trust else None, as_json)
