"""What every reader takes and returns: options, and the table of a file as it was found."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from greenlightning.errors import InputError

LABEL = "label"
"""The label column of a batch, and of a file that does not say otherwise."""
UNITS, SHEETS = "units", "sheets"
"""The attribute of a frame that names the units in which its numbers were written, by column."""


@dataclass(frozen=True)
class ReadOptions:
    """How a file is read; None means that it is detected.

    ``label`` names the label column: of arrays it becomes the name, in text its cells are not guessed to be
    missing. ``labels`` is the label file of IDX images, ``memory`` the MiB that reading may need. Columns in
    ``keep`` are kept even where they look like an index that pandas wrote, and with ``empty_rows`` a row without
    any value is one, unless it stands at the end.
    """

    label: str = LABEL
    labels: Path | None = None
    separator: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    memory: int | None = None
    keep: tuple[str, ...] = ()
    empty_rows: bool = False

    @property
    def wanted(self) -> tuple[str, ...]:
        """Columns that are no index, whatever they look like."""
        return (self.label, *self.keep)


class Reading(BaseModel):
    """What a user tells about files; the rest is detected."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    separator: str | None = Field(None, description="separator of cells (default: detected)")
    decimal: Literal[".", ","] | None = Field(None, description="decimal sign (default: detected)")
    encoding: str | None = Field(None, description="encoding, such as cp1252 (default: detected)")
    sheet: str | None = Field(None, description="sheet of an Excel file, by name or number (default: the first)")
    wait: float = Field(10, ge=0, le=3600, description="seconds to wait for a file that is still being written")
    memory: int | None = Field(
        None,
        ge=1,
        description="MiB of memory that reading a file may need (default: 64 times its size, at least 512)",
    )

    def options(self, labels: Path | None = None) -> ReadOptions:
        """The same for the readers."""
        return ReadOptions(
            labels=labels,
            separator=self.separator,
            decimal=self.decimal,
            encoding=self.encoding,
            sheet=self.sheet,
            memory=self.memory,
        )


DETECTED = Reading()


@dataclass(frozen=True, eq=False)
class SourceTable:
    """The columns of a file as found, labels among them, and the choices that were made to read it.

    Columns are numeric where every cell is a number, boolean, datetime or categorical where the format has such
    types, else text; missing cells are NaN or None.
    """

    frame: pd.DataFrame
    notes: tuple[str, ...] = ()


def unreadable(path: Path, kind: str, error: object) -> InputError:
    """The error for a file that is damaged, or not of its format."""
    cause = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
    return InputError(f"{path.name} cannot be read as {kind} ({cause})", "Give a complete file of that format")
