"""Where predictions may be written: a CSV or Parquet file, or standard output."""

import os
from pathlib import Path

from greenlightning.errors import InputError

STDOUT = Path("-")
SUFFIXES = (".csv", ".parquet", ".pq")


def check_target(target: Path, source: Path) -> None:
    """Raise InputError where predictions cannot be written to ``target``."""
    if target == STDOUT:
        return
    if target.suffix.lower() not in SUFFIXES:
        raise InputError(f"{target.name} names no format for predictions", "End it in .csv or .parquet")
    if target.exists() and target.samefile(source):
        raise InputError(f"{target.name} is the file to predict", "Give --out another name")
    if not (target.parent.is_dir() and os.access(target.parent, os.W_OK)):
        raise InputError(
            f"The folder {target.parent} cannot be written to", "Create it, or give --out another one"
        )
