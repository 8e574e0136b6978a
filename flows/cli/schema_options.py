"""Options that declare what the columns of a file hold; several are separated by commas or repeated."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

if TYPE_CHECKING:
    from tasks.data.schemas import Declared

Label = Annotated[
    str | None,
    typer.Option("--label", "--label-column", metavar="COLUMN", help="Label column (default: label)."),
]
Ignore = Annotated[
    list[str] | None,
    typer.Option("--ignore", metavar="COLUMN", help="Columns to leave out; commas or repeated."),
]
Identifier = Annotated[
    list[str] | None,
    typer.Option("--id", metavar="COLUMN", help="Columns that name a row: kept with predictions, not learnt."),
]
Time = Annotated[str | None, typer.Option("--time", metavar="COLUMN", help="Column of the event time.")]
Categorical = Annotated[
    list[str] | None,
    typer.Option("--categorical", metavar="COLUMN", help="Columns whose numbers are codes."),
]
TaskName = Annotated[
    Literal["auto", "classification", "regression"],
    typer.Option("--task", help="What is learnt. auto: decided by the labels of the first file."),
]


def declared(**options: Any) -> "Declared":
    """What the options declare."""
    from tasks.data.schemas import Declared

    lists = {name: _names(options[name]) for name in ("ignore", "identifiers", "categorical")}
    return Declared(**{**options, **lists})


def _names(given: list[str] | None) -> tuple[str, ...]:
    return tuple(name.strip() for text in given or () for name in text.split(",") if name.strip())
