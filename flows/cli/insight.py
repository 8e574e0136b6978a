"""Commands that show the state of the workspace and compare versions."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import AsJson, Exit, console, print_error, user_path

commands = typer.Typer()


@commands.command()
def status(
    dataset: Annotated[str | None, typer.Option("--dataset", "-d", help="Show one. Default: all.")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Show it again every two seconds, until Ctrl-C.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show each dataset's champion and batches, what waits or is quarantined, and what `up` runs.

    Exits with 6 if something is damaged.
    """
    from flows.console.status import print_status, watch_status
    from flows.inputs.versions import known_dataset
    from greenlightning.errors import InputError

    if watch and as_json:
        raise InputError("--watch shows text", "Give --watch or --json")
    wanted = known_dataset(dataset) if dataset else None
    if watch:
        watch_status(wanted)
        return
    if faults := print_status(as_json, wanted):
        for fault in faults:
            print_error(fault)
        raise typer.Exit(Exit.INTEGRITY)


@commands.command()
def compare(
    a: Annotated[str, typer.Argument(help="Version number or alias (previous).")],
    b: Annotated[str, typer.Argument(help="The version to compare it with.")],
    dataset: Annotated[str | None, typer.Option("--dataset", "-d", help="Default: the only one there is.")] = None,
    as_json: AsJson = False,
) -> None:
    """Compare two versions: scores, data, structure and energy, and what changed from A to B."""
    from flows.inputs.versions import known_dataset, version_of, version_reference

    dataset = known_dataset(dataset)
    for reference in (version_reference(a), version_reference(b)):
        version_of(dataset, reference)
    from flows.versions.compare import print_comparison

    print_comparison(dataset, a, b, as_json)


@commands.command()
def report(
    dataset: Annotated[str | None, typer.Option("--dataset", "-d", help="Default: the only one there is.")] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "--output",
            parser=user_path,
            metavar="PATH",
            help="Output file. Default: data/docs/NAME/report.html.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write an HTML report on a dataset (accuracy, energy, calibration, lineage) and log it to MLflow."""
    from flows.inputs.files import check_writable
    from flows.inputs.versions import champion_of, known_dataset

    dataset = known_dataset(dataset)
    champion_of(dataset)
    check_writable(output)
    from flows.versions.report import print_report

    print_report(dataset, output, as_json)


@commands.command()
def demo(
    dataset: Annotated[str, typer.Option("--dataset", "-d", help="digits or fashion-mnist.")] = "digits",
    as_json: AsJson = False,
) -> None:
    """Run the whole pipeline on real data: train once, retrain on a stream, compare, trace."""
    from flows.inputs.demo import check_demo

    check_demo(dataset)
    from flows.demo import demo as show

    show(dataset, as_json, console)


@commands.command()
def study(
    experiment: Annotated[
        list[str] | None,
        typer.Option(
            "--experiment",
            "-e",
            help="settling, retraining, keeping-up, weight-decay, budgets or transformer; repeat. Default: all.",
        ),
    ] = None,
    dataset: Annotated[
        list[str] | None,
        typer.Option("--dataset", "-d", help="digits, letter or fashion-mnist; repeat for more. Default: digits."),
    ] = None,
    seed: Annotated[
        list[int] | None, typer.Option("--seed", min=0, help="Repetition; repeat for more. Default: 0 to 4.")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="A small part of each, in a folder of the workspace: two minutes.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Measure what the papers claim, on this machine: needs a checkout, and takes hours without --quick.

    What was measured with this library on this machine is not measured again. Each line is a run in MLflow's
    experiment study, and the tables of docs/study are made again.
    """
    from flows.inputs.study import DATASETS, EXPERIMENTS, SEEDS, check_study

    chosen = experiment or EXPERIMENTS, dataset or DATASETS[:1], seed or SEEDS
    check_study(*chosen[:2])
    from flows.study import print_study

    print_study(chosen, quick, as_json, console)
