"""Options that commands of a federation share."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import user_path

Folders = Annotated[
    list[Path], typer.Argument(parser=user_path, metavar="FOLDER...", help="What sites sent, a folder each.")
]
Rows = Annotated[
    Path,
    typer.Argument(
        parser=user_path, metavar="FILE", help="Labelled rows of this site: a file, or a folder of Parquet files."
    ),
]
Out = Annotated[
    Path, typer.Option("--out", "--output", parser=user_path, metavar="FOLDER", help="Empty folder to send.")
]
Trust = Annotated[
    list[str] | None, typer.Option(metavar="KEY", help="Public key of a site; repeat for each. Default: any.")
]
