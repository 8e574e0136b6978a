"""Before there is a recipe: sites send profiles of their columns, and a dataset gets the schema they agree on."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.data.reading import DETECTED, Reading, read_table
from tasks.data.schemas import Declared, save_agreed
from tasks.federation.large_tables import frames_of, is_table_of_files, table_of
from tasks.federation.sending import Sending, workspace_key

if TYPE_CHECKING:
    import pandas as pd

    from greenlightning.federation import Message
    from greenlightning.tables import TableSchema

PROFILED_COLUMNS = 64
"""For so many columns the blocks of a folder are made, which is profiled before anything is known of it."""


def profile_rows(
    path: Path, label: str, sending: Sending, reading: Reading = DETECTED
) -> tuple["Message", tuple[str, ...]]:
    """Profile a file, or a folder of Parquet files block by block; the signed message, and what was noticed.

    ``fewest_rows`` is that of a category that is named.
    """
    from greenlightning.tables import profile_of, profile_of_blocks

    notes: tuple[str, ...] = ()
    if is_table_of_files(path):
        profile = profile_of_blocks(_blocks(path, label), label, sending.fewest_rows)
    else:
        source = read_table(path, replace(reading.options(), label=label))
        profile, notes = profile_of(source.frame, label, sending.fewest_rows), source.notes

    from greenlightning.federation import send_profile  # brings torch along: a wrong file is refused before

    return send_profile(profile, sending.folder, workspace_key(), site=sending.site), notes


def _blocks(path: Path, label: str) -> "Iterator[pd.DataFrame]":
    """The rows of a folder, some at a time."""
    from tasks.data.readers.source import ReadOptions

    for part in table_of(path).parts:
        yield from frames_of(part, ReadOptions(label=label), PROFILED_COLUMNS)


def agree(
    folders: Sequence[Path], dataset: str, declared: Declared, trusted: frozenset[str] | None = None
) -> "TableSchema":
    """Merge profiles into the schema of ``dataset``, and the encoder that its next training uses."""
    from greenlightning.federation import merged_profiles
    from greenlightning.tables import agreed_encoder, agreed_schema

    profile = merged_profiles(folders, trusted)
    about = declared.model_dump(include={"task", "ignore", "identifiers", "time", "categorical"})
    schema = agreed_schema(profile, **about)
    save_agreed(dataset, agreed_encoder(profile, schema))
    return schema
