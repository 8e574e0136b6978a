"""What the commands share: options, exit codes, and running a flow from the terminal."""

from enum import IntEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from flows.console.inert_console import InertConsole

EXIT_CODES = """
Exit codes: 0 done (also if the champion was kept or there was nothing to learn), 1 unexpected error,
2 wrong usage, 3 bad input, 4 a batch was quarantined, 5 no such champion, version, batch or dataset,
6 stored bytes do not match their digest, 7 a server or worker did not start,
8 the machine refused: disk, memory, permission, open files or a locked database.
"""
console = InertConsole(stderr=True)


def print_error(line: str) -> None:
    """Print one line about an error to the standard error stream."""
    from rich.markup import escape

    console.print(f"[bold red]error[/] {escape(line)}", soft_wrap=True, highlight=False)


def user_path(text: str) -> Path:
    """A path in the folder that the command was called in; commands run in another one."""
    return Path(text).absolute()


Dataset = Annotated[
    str, typer.Option("--dataset", "-d", help="Name of the dataset, its experiment and its model.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
NewLabels = Annotated[
    bool, typer.Option("--allow-new-labels", help="Accept labels that the model does not know yet.")
]
QuarantineMoved = Annotated[
    Literal["never", "red", "always"],
    typer.Option(help="Quarantine batches that have moved: never, if structure health is red too, or always."),
]
OnRed = Annotated[
    Literal["recommend", "train", "grow"],
    typer.Option(
        help="If structure health is red: recommend a new structure, extract one first (train), or add gates "
        "to the old one (grow), for which every row is read again."
    ),
]
Reason = Annotated[str, typer.Option("--reason", help="Why; recorded with the version.")]
Runner = Annotated[
    Literal["local", "gpu"],
    typer.Option(help="Where the linear part is trained: here, or by a worker of the pool gpu (see: up --gpu)."),
]
Margin = Annotated[
    float, typer.Option(min=0, max=1, help="How much worse a challenger may be and still be promoted.")
]


Keep = Annotated[
    str,
    typer.Option(
        metavar="WINDOW",
        help="Batches that stay learnt: everything, the newest 26w, 200 batches or 1e6 rows, or auto, "
        "which chooses by prequential score. Those that leave are subtracted exactly.",
    ),
]


Metric = Annotated[
    Literal["auto", "accuracy", "balanced_accuracy", "macro_f1", "log_loss", "cost", "rmse", "mae"],
    typer.Option(
        help="Score that the gate compares. auto: accuracy for labels (balanced accuracy with "
        "--class-weight balanced), RMSE for real targets."
    ),
]
Threshold = Annotated[
    str,
    typer.Option(
        metavar="auto|keep|NUMBER",
        help="Of two classes: probability from which the second is answered. auto: chosen on the holdout.",
    ),
]
Costs = Annotated[
    list[str] | None,
    typer.Option(
        "--cost", metavar="TRUE:ANSWER=COST", help="Cost of a wrong answer, 1 by default; repeat for more."
    ),
]


ClassWeights = Annotated[
    list[str] | None,
    typer.Option(
        "--class-weight",
        metavar="balanced|none|LABEL=WEIGHT",
        help="How often a row of each class counts; repeat for more labels. Default: as in the version before.",
    ),
]


def class_weight_of(given: list[str] | None) -> Any:
    """The class weights that --class-weight options give; InputError for what has another form."""
    from greenlightning.errors import InputError

    if not given:
        return "keep"
    if given in (["balanced"], ["none"]):
        return given[0]
    weights: dict[str, float] = {}
    for text in given:
        label, _, weight = text.rpartition("=")
        try:
            weights[label] = float(weight)
        except ValueError:
            label = ""
        if not label:
            raise InputError(
                f"--class-weight {text} gives no weight", "Write balanced, none, or LABEL=WEIGHT for each label"
            )
    return weights


def costs_of(given: list[str] | None) -> dict[str, dict[str, float]]:
    """The costs by true label and answer that --cost options give; InputError for what has another form."""
    from greenlightning.errors import InputError

    costs: dict[str, dict[str, float]] = {}
    for text in given or ():
        labels, _, cost = text.rpartition("=")
        truth, _, answer = labels.partition(":")
        try:
            costs.setdefault(truth, {})[answer] = float(cost)
        except ValueError as error:
            raise InputError(f"--cost {text} gives no cost", "Write it as --cost TRUE:ANSWER=COST") from error
    return costs


def deciding_options(margin: float, metric: str, threshold: str, cost: list[str] | None) -> dict[str, Any]:
    """What the options say about the gate and about decisions, as parameters of Deciding."""
    number = float(threshold) if threshold.replace(".", "", 1).isdecimal() else threshold
    return {"margin": margin, "metric": metric, "threshold": number, "costs": costs_of(cost)}


class Exit(IntEnum):
    """Exit codes of the process; ``--help`` explains them."""

    UNEXPECTED = 1
    BAD_INPUT = 3
    QUARANTINED = 4
    NOTHING_SERVED = 5
    INTEGRITY = 6
    NOT_UP = 7
    MACHINE = 8


def submit(flow: Any, as_json: bool, **parameters: Any) -> None:
    """Submit a flow that may wait to a worker, and print where to watch it."""
    from flows.console.outcome_text import print_outcome
    from flows.engine.submit import submit as submit_flow

    print_outcome(submit_flow(flow, parameters), as_json)


def run(flow: Any, as_json: bool, **parameters: Any) -> None:
    """Run a flow with progress bars and print its outcome.

    Exits with 3 if one of several files was refused, else with 4 if a batch was quarantined.
    """
    from flows.console.outcome_text import print_outcome
    from flows.console.progress_bars import progress_bars
    from flows.engine.outcome import outcome_of
    from flows.engine.runtime import embedded
    from tasks.tracking.whole_run import process_cost

    flow.validate_parameters(parameters)
    with progress_bars(console), embedded():
        outcome = outcome_of(flow(**parameters, return_state=True))
    print_outcome(outcome.model_copy(update={"whole": process_cost()}), as_json)
    if outcome.refused:
        raise typer.Exit(Exit.BAD_INPUT)
    if outcome.quarantined:
        raise typer.Exit(Exit.QUARANTINED)
