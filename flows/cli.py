"""The command line ``greenlightning``; it answers ``--help`` at once and imports the rest when it is needed."""

import json
import sys
from enum import IntEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

EXIT_CODES = """
Exit codes: 0 done (also when the champion was kept or there was nothing to learn), 1 unexpected error,
2 wrong usage, 3 bad input, 4 a batch was quarantined, 5 no such champion, version, batch or dataset,
6 stored bytes do not match their digest.
"""
app = typer.Typer(
    help="Train the structure once, then retrain green: exact, additive, traceable.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
console = Console(stderr=True)

Dataset = Annotated[str, typer.Option("--dataset", "-d", help="Dataset, experiment and model name.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
NewLabels = Annotated[bool, typer.Option("--allow-new-labels", help="Learn labels the model does not know yet.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept with the version.")]
Margin = Annotated[float, typer.Option(min=0, max=1, help="Accuracy a challenger may lose and still be promoted.")]


class Exit(IntEnum):
    """What the process exits with; see ``--help``."""

    UNEXPECTED = 1
    BAD_INPUT = 3
    QUARANTINED = 4
    NOTHING_SERVED = 5
    INTEGRITY = 6


@app.callback()
def main_options(
    context: typer.Context,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show logs, and a traceback when something fails.")
    ] = False,
) -> None:
    """Set the embedded runtime up before a command imports it."""
    from flows.runtime import set_up
    from tasks.workspace import Workspace

    set_up(Workspace.current().root, debug)


def run(flow: Any, as_json: bool, **parameters: Any) -> None:
    """Run a flow with progress bars, print its outcome, and exit with its code."""
    from flows.outcome import outcome_of
    from flows.report import print_outcome
    from flows.runtime import embedded
    from flows.terminal import progress_bars

    flow.validate_parameters(parameters)
    with progress_bars(console), embedded():
        outcome = outcome_of(flow(**parameters, return_state=True))
    print_outcome(outcome, as_json)
    if outcome.quarantined:
        raise typer.Exit(Exit.QUARANTINED)


@app.command()
def ingest(
    file: Annotated[Path, typer.Argument(help="CSV, Parquet, NPZ or IDX(.gz) file.")],
    dataset: Dataset,
    label_column: Annotated[str, typer.Option(help="Column that holds the label.")] = "label",
    labels: Annotated[Path | None, typer.Option(help="Label file of an IDX image file.")] = None,
    allow_new_labels: NewLabels = False,
    as_json: AsJson = False,
) -> None:
    """Bring a file in: land it under its content's hash, validate it, version it or quarantine it."""
    from flows.ingest import ingest as flow

    run(
        flow,
        as_json,
        path=file,
        dataset=dataset,
        label_column=label_column,
        labels=labels,
        allow_new_labels=allow_new_labels,
    )


@app.command()
def train(
    dataset: Dataset,
    batch: Annotated[list[str] | None, typer.Option(help="Base batch; repeat for more. Default: all.")] = None,
    max_epochs: Annotated[int, typer.Option(min=1, help="Epochs of structure extraction at most.")] = 12,
    random_state: Annotated[int, typer.Option(min=0, help="Seed of everything random.")] = 0,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    margin: Margin = 0.01,
    as_json: AsJson = False,
) -> None:
    """Extract the structure from the base batches until it settles, learn them under it, publish."""
    from flows.train import train as flow
    from tasks.settings import Deciding, Learning

    learning = Learning(max_epochs=max_epochs, random_state=random_state, device=device)
    run(flow, as_json, dataset=dataset, batches=batch, learning=learning, deciding=Deciding(margin=margin))


@app.command()
def retrain(
    dataset: Dataset,
    batch: Annotated[
        list[str] | None, typer.Option(help="Batch to learn; repeat for more. Default: all new.")
    ] = None,
    allow_new_labels: NewLabels = False,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    margin: Margin = 0.01,
    as_json: AsJson = False,
) -> None:
    """Learn what the champion has not learnt yet, at the cost of the new rows alone."""
    from flows.retrain import retrain as flow
    from tasks.settings import Deciding

    run(
        flow,
        as_json,
        dataset=dataset,
        batches=batch,
        deciding=Deciding(margin=margin),
        allow_new_labels=allow_new_labels,
        device=device,
    )


@app.command()
def forget(
    batch: Annotated[str, typer.Argument(help="Batch id, 16 hex digits.")],
    dataset: Dataset,
    reason: Reason = "asked for",
    strict: Annotated[
        bool, typer.Option("--strict", help="Extract structure and recipe anew without it.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Take a learnt batch back: exactly in the linear part, and in the structure too with --strict."""
    from flows.forget import forget as flow

    run(flow, as_json, dataset=dataset, batch=batch, reason=reason, strict=strict)


@app.command()
def federate(
    dataset: Dataset,
    site: Annotated[list[str], typer.Option(help="NAME=FILE of one site; repeat for each.")],
    allow_new_labels: NewLabels = False,
    margin: Margin = 0.01,
    as_json: AsJson = False,
) -> None:
    """Sum each site's statistics once, under the champion's structure: equal to learning centrally."""
    from flows.federate import federate as flow
    from greenlightning.errors import InputError
    from tasks.settings import Deciding

    pairs = [pair.partition("=") for pair in site]
    if unnamed := [name for name, equals, file in pairs if not (name and equals and file)]:
        raise InputError(f"--site {unnamed[0]} names no file", "Write it as --site NAME=FILE")
    if len({name for name, _, _ in pairs}) < len(pairs):
        raise InputError("Two sites have the same name", "Give each --site a name of its own")
    sites = {name: Path(file) for name, _, file in pairs}
    deciding = Deciding(margin=margin)
    run(flow, as_json, dataset=dataset, sites=sites, deciding=deciding, allow_new_labels=allow_new_labels)


@app.command()
def rollback(
    dataset: Dataset,
    to: Annotated[int | None, typer.Option(min=1, help="Version to serve. Default: the one before.")] = None,
    reason: Reason = "asked for",
    as_json: AsJson = False,
) -> None:
    """Serve an earlier version again."""
    from flows.rollback import rollback as flow

    run(flow, as_json, dataset=dataset, to=to, reason=reason)


@app.command()
def status(as_json: AsJson = False) -> None:
    """Show each dataset's champion, its batches and what waits or was set aside."""
    from flows.report import print_status

    print_status(as_json)


@app.command()
def lineage(
    of: Annotated[str, typer.Argument(help="Version number, alias (champion) or batch id.")] = "champion",
    dataset: Annotated[str | None, typer.Option("--dataset", "-d", help="Default: the only one there is.")] = None,
    as_json: AsJson = False,
) -> None:
    """Trace a version to its bytes, structure and code, or a batch to every version that learnt it."""
    from flows.report import only_dataset, print_lineage

    print_lineage(dataset or only_dataset(), of, as_json)


@app.command()
def demo(
    dataset: Annotated[str, typer.Option("--dataset", "-d", help="digits or fashion-mnist.")] = "digits",
    as_json: AsJson = False,
) -> None:
    """Show the whole idea on real data: train once, retrain green on a stream, compare, trace."""
    from flows.demo import demo as show

    show(dataset, as_json, console)


for command in app.registered_commands:
    command.epilog = EXIT_CODES


def main() -> None:
    """Entry point: one clear line and an exit code for what goes wrong; a traceback only with --debug."""
    from rich.markup import escape

    from greenlightning import errors

    codes: list[tuple[type[Exception], Exit]] = [
        (errors.NothingServedError, Exit.NOTHING_SERVED),
        (errors.IntegrityError, Exit.INTEGRITY),
        (errors.GreenLightningError, Exit.BAD_INPUT),
        (Exception, Exit.UNEXPECTED),
    ]
    try:
        app()
    except Exception as error:
        if "--debug" in sys.argv:
            raise
        if not isinstance(error, errors.GreenLightningError):
            from flows.outcome import as_ours

            error = as_ours(error)
        code = next(code for kind, code in codes if isinstance(error, kind))
        line = " ".join(str(error).split()) or type(error).__name__
        if "--json" in sys.argv:
            print(json.dumps({"error": line, "exit_code": int(code)}))
        else:
            console.print(f"[bold red]error[/] {escape(line)}", soft_wrap=True, highlight=False)
        if code is Exit.UNEXPECTED:
            console.print("Run it again with --debug to see where it happened.")
        raise SystemExit(code) from None
