"""Options that say which files are read, and how; whatever is not given is detected."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from flows.cli.options import user_path

if TYPE_CHECKING:
    from tasks.data.reading import Reading

Files = Annotated[
    list[Path],
    typer.Argument(parser=user_path, metavar="FILE…", help="Files, folders or globs; one batch a file."),
]
ExtraColumns = Annotated[
    Literal["leave out", "refuse"], typer.Option(help="What happens to columns that the schema does not know.")
]
LabelFile = Annotated[
    Path | None, typer.Option(parser=user_path, metavar="PATH", help="Label file of an IDX image file.")
]
Wait = Annotated[
    float, typer.Option(min=0, max=3600, help="Seconds to wait for a file that is still being written.")
]
Separator = Annotated[
    str | None, typer.Option("--separator", help="Separator of cells, or tab. Default: detected.")
]
Decimal = Annotated[Literal[".", ","] | None, typer.Option("--decimal", help="Decimal sign. Default: detected.")]
Encoding = Annotated[str | None, typer.Option("--encoding", help="Such as cp1252. Default: detected.")]
Sheet = Annotated[
    str | None, typer.Option("--sheet", help="Sheet of an Excel file, by name or number. Default: the first.")
]
Memory = Annotated[
    int | None,
    typer.Option(
        "--memory",
        min=1,
        metavar="MIB",
        help="Memory that reading a file may need. Default: 64 times its size, at least 512.",
    ),
]


def reading(**options: Any) -> "Reading":
    """How the options say that files are read; InputError for an encoding or a separator that there is none of."""
    from tasks.data.reading import Reading, check_reading

    return check_reading(Reading(**options))
