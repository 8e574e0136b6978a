"""Commands of a federation: in one place with every site's file, or in many with signed sums."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from flows.cli.federation.agreement import commands as agreement_commands
from flows.cli.federation.options import Folders, Out, Rows, Trust
from flows.cli.options import (
    AsJson,
    Costs,
    Dataset,
    Margin,
    Metric,
    NewLabels,
    Reason,
    Threshold,
    deciding_options,
    run,
    user_path,
)
from flows.cli.reading_options import Decimal, Encoding, Memory, Separator, Sheet
from flows.cli.reading_options import reading as reading_of

commands = typer.Typer()
federation = typer.Typer(
    help="Learn from the rows of many sites, which send signed sums and no rows.", no_args_is_help=True
)
commands.add_typer(federation, name="federation")
federation.add_typer(agreement_commands)


def _demo(wanted: bool) -> None:
    if wanted:
        from flows.console.federation_text import print_demo

        print_demo()
        raise typer.Exit


def _site(text: str) -> str:
    """NAME=FILE with an absolute path; what does not have this form is left to the command."""
    name, _, file = text.partition("=")
    return f"{name}={user_path(file)}" if file else text


@commands.command()
def federate(  # noqa: PLR0913
    dataset: Dataset,
    site: Annotated[
        list[str], typer.Option(parser=_site, metavar="NAME=FILE", help="One site and its file; repeat for each.")
    ],
    allow_new_labels: NewLabels = False,
    margin: Margin = 0.01,
    metric: Metric = "auto",
    threshold: Threshold = "auto",
    cost: Costs = None,
    separator: Separator = None,
    decimal: Decimal = None,
    encoding: Encoding = None,
    sheet: Sheet = None,
    memory: Memory = None,
    _demo: Annotated[
        bool,
        typer.Option("--demo", is_eager=True, callback=_demo, help="Show ten sites on digits instead, and end."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Sum the statistics of all sites under the champion's structure: equal to learning centrally."""
    from flows.inputs.deciding import check_deciding
    from flows.inputs.learning import check_federation
    from greenlightning.errors import InputError
    from tasks.core.settings import Deciding

    pairs = [pair.partition("=") for pair in site]
    if unnamed := [name for name, equals, file in pairs if not (name and equals and file)]:
        raise InputError(f"--site {unnamed[0]} names no file", "Write it as --site NAME=FILE")
    if len({name for name, _, _ in pairs}) < len(pairs):
        raise InputError("Two sites have the same name", "Give every --site another name")
    sites = {name: Path(file) for name, _, file in pairs}
    deciding = Deciding(**deciding_options(margin, metric, threshold, cost))
    reading = reading_of(separator=separator, decimal=decimal, encoding=encoding, sheet=sheet, memory=memory)
    check_federation(dataset, sites, reading)
    check_deciding(dataset, deciding, new_labels=allow_new_labels)
    from flows.learning.federate import federate as flow

    run(
        flow,
        as_json,
        dataset=dataset,
        sites=sites,
        deciding=deciding,
        allow_new_labels=allow_new_labels,
        reading=reading,
    )


@federation.command()
def publish(
    dataset: Dataset,
    out: Out,
    with_rows: Annotated[
        bool, typer.Option("--with-rows", help="Publish landmarks too, though they are rows of the base.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Coordinator: sign the champion's structure and recipe, under which every site sums its rows."""
    from flows.inputs.versions import champion_of

    champion_of(dataset)
    from flows.console.federation_text import print_publication

    print_publication(dataset, out, with_rows, as_json)


@federation.command()
def contribute(  # noqa: PLR0913
    file: Rows,
    publication: Annotated[
        Path, typer.Option("--publication", parser=user_path, metavar="FOLDER", help="What the coordinator sent.")
    ],
    site: Annotated[str, typer.Option("--site", help="Name of this site.")],
    out: Out,
    fewest_rows: Annotated[int, typer.Option(min=1, help="Rows below which nothing is sent.")] = 20,
    epsilon: Annotated[
        float | None,
        typer.Option(min=1e-6, help="Add noise: differential privacy of a row with this epsilon. Default: none."),
    ] = None,
    delta: Annotated[float, typer.Option(min=0, max=1, help="With --epsilon: chance that it fails.")] = 1e-5,
    releases: Annotated[
        int, typer.Option(min=1, help="With --epsilon: contributions that one person may have rows in.")
    ] = 1,
    runner: Annotated[
        Literal["local", "dask"],
        typer.Option(help="Where a folder is summed: here, part after part, or on Dask's workers."),
    ] = "local",
    scheduler: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Dask scheduler, as in tls://host:8786. Default: a cluster here."),
    ] = None,
    separator: Separator = None,
    decimal: Decimal = None,
    encoding: Encoding = None,
    sheet: Sheet = None,
    memory: Memory = None,
    as_json: AsJson = False,
) -> None:
    """Site: sum its rows under the publication, and sign the sums; no row leaves the site."""
    from flows.inputs.learning import check_messages
    from greenlightning.errors import InputError
    from tasks.core.workspace import checked_name
    from tasks.federation.sending import Sending

    if scheduler and runner != "dask":
        raise InputError("--scheduler is for --runner dask", "Add --runner dask, or leave it out")
    check_messages([publication], "publication")
    reading = reading_of(separator=separator, decimal=decimal, encoding=encoding, sheet=sheet, memory=memory)
    sending = Sending(publication, checked_name(site, "site"), out, fewest_rows)
    if epsilon is not None:
        from greenlightning.federation.privacy import Privacy

        sending = replace(sending, privacy=Privacy(epsilon, delta, releases))
    from flows.console.federation_text import print_contribution

    print_contribution(file, sending, reading, (runner, scheduler), as_json)


@federation.command()
def combine(  # noqa: PLR0913
    contributions: Folders,
    dataset: Dataset,
    trust: Trust = None,
    duplicates: Annotated[
        Literal["refuse", "once"], typer.Option(help="What to do with a batch that comes twice.")
    ] = "refuse",
    screen: Annotated[
        bool, typer.Option("--screen", help="Leave out contributions without which the holdout is fitted better.")
    ] = False,
    allow_new_labels: NewLabels = False,
    margin: Margin = 0.01,
    metric: Metric = "auto",
    threshold: Threshold = "auto",
    cost: Costs = None,
    as_json: AsJson = False,
) -> None:
    """Coordinator: check what sites sent, add it in one round, and publish the sum if the gate allows."""
    from flows.inputs.learning import check_messages
    from flows.inputs.versions import champion_of
    from tasks.core.settings import Deciding

    deciding = Deciding(**deciding_options(margin, metric, threshold, cost))
    champion_of(dataset)
    check_messages(contributions, "contribution")
    from flows.learning.federate import combine as flow

    asked: dict[str, Any] = {
        "duplicates": duplicates,
        "allow_new_labels": allow_new_labels,
        "trusted": trust,
        "screen": screen,
    }
    run(flow, as_json, dataset=dataset, contributions=contributions, deciding=deciding, **asked)


@federation.command()
def leave(
    site: Annotated[str, typer.Argument(help="Name of the site.")],
    contributions: Folders,
    dataset: Dataset,
    reason: Reason,
    as_json: AsJson = False,
) -> None:
    """Coordinator: subtract all that a site sent, as if it had never taken part."""
    from flows.inputs.learning import check_messages
    from flows.inputs.parameters import stated
    from flows.inputs.versions import champion_of

    champion_of(dataset)
    stated(reason)
    check_messages(contributions, "contribution")
    from flows.learning.federate import leave as flow

    run(flow, as_json, dataset=dataset, site=site, contributions=contributions, reason=reason)
