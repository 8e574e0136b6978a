"""Options that say how files are read; whatever is not given is detected."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

if TYPE_CHECKING:
    from tasks.data.reading import Reading

Separator = Annotated[
    str | None, typer.Option("--separator", help="Separator of cells, or tab. Default: detected.")
]
Decimal = Annotated[Literal[".", ","] | None, typer.Option("--decimal", help="Decimal sign. Default: detected.")]
Encoding = Annotated[str | None, typer.Option("--encoding", help="Such as cp1252. Default: detected.")]
Sheet = Annotated[
    str | None, typer.Option("--sheet", help="Sheet of an Excel file, by name or number. Default: the first.")
]


def reading(**options: Any) -> "Reading":
    """How the options say that files are read; InputError for an encoding or a separator that there is none of."""
    from tasks.data.reading import Reading, check_reading

    return check_reading(Reading(**options))
