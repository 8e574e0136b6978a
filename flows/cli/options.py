"""What the commands share: common options, exit codes, and how a flow is run from the terminal."""

from enum import IntEnum
from typing import Annotated, Any, Literal

import typer
from rich.console import Console

EXIT_CODES = """
Exit codes: 0 done (also when the champion was kept or there was nothing to learn), 1 unexpected error,
2 wrong usage, 3 bad input, 4 a batch was quarantined, 5 no such champion, version, batch or dataset,
6 stored bytes do not match their digest, 7 a server or worker did not start.
"""
console = Console(stderr=True)

Dataset = Annotated[str, typer.Option("--dataset", "-d", help="Dataset, experiment and model name.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
NewLabels = Annotated[bool, typer.Option("--allow-new-labels", help="Learn labels the model does not know yet.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept with the version.")]
Runner = Annotated[
    Literal["local", "gpu"],
    typer.Option(help="Where the linear part is learnt: here, or by a worker of the pool gpu (see: up --gpu)."),
]
Margin = Annotated[float, typer.Option(min=0, max=1, help="Accuracy a challenger may lose and still be promoted.")]


class Exit(IntEnum):
    """What the process exits with; see ``--help``."""

    UNEXPECTED = 1
    BAD_INPUT = 3
    QUARANTINED = 4
    NOTHING_SERVED = 5
    INTEGRITY = 6
    NOT_UP = 7


def hand_over(flow: Any, as_json: bool, **parameters: Any) -> None:
    """Have the runner run a flow that may wait, and print where to watch it."""
    from flows.console.outcome_text import print_outcome
    from flows.engine.submit import submit as hand

    print_outcome(hand(flow, parameters), as_json)


def run(flow: Any, as_json: bool, **parameters: Any) -> None:
    """Run a flow with progress bars, print its outcome, and exit with its code."""
    from flows.console.outcome_text import print_outcome
    from flows.console.progress_bars import progress_bars
    from flows.engine.outcome import outcome_of
    from flows.engine.runtime import embedded

    flow.validate_parameters(parameters)
    with progress_bars(console), embedded():
        outcome = outcome_of(flow(**parameters, return_state=True))
    print_outcome(outcome, as_json)
    if outcome.quarantined:
        raise typer.Exit(Exit.QUARANTINED)
