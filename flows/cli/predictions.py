"""Commands that get answers out: predictions for a file or over HTTP, and which version served when."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import AsJson, Dataset, user_path
from flows.cli.reading_options import Decimal, Encoding, Memory, Separator, Sheet
from flows.cli.reading_options import reading as reading_of

commands = typer.Typer()
OneDataset = Annotated[str | None, typer.Option("--dataset", "-d", help="Default: the only one there is.")]


def _target(text: str) -> Path:
    """The file for predictions; ``-`` is standard output."""
    return Path(text) if text == "-" else user_path(text)


@commands.command()
def predict(  # noqa: PLR0913
    file: Annotated[
        Path, typer.Argument(parser=user_path, metavar="FILE", help="File with the columns that were trained on.")
    ],
    dataset: Dataset,
    version: Annotated[
        int | None, typer.Option(min=1, help="Version that answers. Default: the champion.")
    ] = None,
    at: Annotated[
        str | None, typer.Option("--at", help="Let the version answer that served at this ISO date or date-time.")
    ] = None,
    proba: Annotated[
        bool, typer.Option("--proba", help="Add a column with the probability of each class.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "--output",
            parser=_target,
            metavar="PATH",
            help="CSV or Parquet file; - is standard output. Default: NAME.predictions.csv beside FILE.",
        ),
    ] = None,
    separator: Separator = None,
    decimal: Decimal = None,
    encoding: Encoding = None,
    sheet: Sheet = None,
    memory: Memory = None,
    as_json: AsJson = False,
) -> None:
    """Predict the rows of a file, and score them where it has labels; starts no flow run and no server."""
    from flows.inputs.predictions import check_prediction

    target = out or file.with_name(f"{file.name.partition('.')[0]}.predictions.csv")
    reading = reading_of(separator=separator, decimal=decimal, encoding=encoding, sheet=sheet, memory=memory)
    check_prediction(dataset, version, at, file, target, reading, as_json)
    from flows.predictions.predict import Wanted, print_predictions

    print_predictions(Wanted(file, dataset, version, at, proba, reading), target, as_json)


@commands.command()
def serve(
    dataset: Dataset,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free port.")] = 8080,
    host: Annotated[
        str, typer.Option(help="Address to listen on; asks for the workspace's secret.")
    ] = "127.0.0.1",
    as_json: AsJson = False,
) -> None:
    """Serve the champion over HTTP until Ctrl-C or SIGTERM; a new champion takes over while it runs."""
    from flows.inputs.versions import champion_of

    champion_of(dataset)
    from flows.predictions.serve import serve as run_server

    run_server(dataset, host, port, as_json)


@commands.command()
def which(
    at: Annotated[
        str | None, typer.Option("--at", help="ISO date or date-time, UTC without an offset. Default: now.")
    ] = None,
    dataset: OneDataset = None,
    as_json: AsJson = False,
) -> None:
    """Show which version served at a moment, or all that served on a day."""
    from flows.inputs.versions import known_dataset
    from tasks.core.moments import past_moment

    dataset = known_dataset(dataset)
    if at is not None:
        past_moment(at)
    from flows.predictions.which import print_which

    print_which(dataset, at, as_json)
