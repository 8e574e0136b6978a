"""What ``predict`` is asked for: file, version and target, before anything heavy is imported."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from flows.inputs.files import check_present
from flows.inputs.versions import champion_of, version_of
from greenlightning.errors import InputError
from tasks.core.moments import past_moment
from tasks.predictions.targets import STDOUT, check_target

if TYPE_CHECKING:
    from tasks.data.reading import Reading

SMALL = 1 << 22
"""Bytes: a file that is read before the version is loaded, so that a fault is named at once."""


def check_prediction(
    dataset: str,
    version: int | None,
    at: str | None,
    file: Path,
    target: Path,
    reading: "Reading",
    as_json: bool = False,
) -> None:
    """Check that the file can be read, the predictions written, and that the version that answers is there."""
    if as_json and target == STDOUT:
        raise InputError("Predictions and JSON cannot both go to standard output", "Give --out a file")
    if version is not None and at is not None:
        raise InputError("Both a version and a moment are given", "Give --version or --at")
    check_present([file])
    check_target(target, file)
    if at is not None:
        past_moment(at)
    if version is None:
        champion_of(dataset)
    else:
        version_of(dataset, version)
    _read_ahead(dataset, file, reading)


def _read_ahead(dataset: str, file: Path, reading: "Reading") -> None:
    """Read a small file; the table is kept for the prediction, if the version has the schema of the dataset.

    A version answers even where that schema is damaged.
    """
    from tasks.data.reading import read_ahead
    from tasks.data.schemas import DECLARED, known_schema, read_options

    try:
        known_schema(dataset)
    except InputError:
        return
    if file.stat().st_size < SMALL:
        read_ahead(file, read_options(dataset, DECLARED, replace(reading.options(), empty_rows=True)))
