"""A table of many Parquet files, summed part by part: memory does not grow with it; any machine may sum a part.

Dask's own data frames are not used: parts are read as every other file is, and named by file and row in errors.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pandas as pd
import yaml

from greenlightning.errors import InputError, IntegrityError
from tasks.core import progress
from tasks.data.pointers.repository import md5_of
from tasks.data.schemas import checked_table
from tasks.federation.site_rows import check_complete

if TYPE_CHECKING:
    from greenlightning.linear.statistics import Statistics
    from greenlightning.model import GreenLightningModel
    from tasks.data.readers.source import ReadOptions

PART_ROWS, BLOCK_CELLS = 1 << 18, 1 << 22
"""Rows of a part at least, if its file has them, and cells that are read at once."""
NO_VALUE = "__HIVE_DEFAULT_PARTITION__"


@dataclass(frozen=True)
class Part:
    """Some row groups of a file, the number of rows before them, and the columns that its folders name."""

    path: Path
    groups: tuple[int, ...]
    first: int
    named: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class LargeTable:
    """The parts of a folder, its name as a batch, and the md5 that DVC gives it."""

    parts: tuple[Part, ...]
    id: str
    md5: str


Engine = Callable[[Callable[[Part], "Statistics"], tuple[Part, ...]], Iterator[tuple[int, "Statistics"]]]
"""Does the work of each part somewhere; yields how many parts are done and the sums of some, each part once."""


def is_table_of_files(path: Path) -> bool:
    """Whether a path is a folder, or the file by which DVC points to one."""
    return path.is_dir() or path.suffix == ".dvc"


def table_of(path: Path) -> LargeTable:
    """The table in a folder of Parquet files, or in the folder that a file of DVC's points to.

    The same files under other names are the same batch. InputError where there is none; IntegrityError where DVC
    knows the folder with other files.
    """
    folder = path.with_suffix("") if path.suffix == ".dvc" else path
    pointer = folder.with_name(f"{folder.name}.dvc")
    if not folder.is_dir():
        remedy = f"Fetch it with: dvc pull {pointer}" if pointer.is_file() else "Name a folder of Parquet files"
        raise InputError(f"{folder} is not a folder that is there", remedy)
    listed = [
        {"md5": md5_of(file), "relpath": file.relative_to(folder).as_posix()}
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    ]
    md5 = _tree_md5(listed)
    if pointer.is_file() and (known := yaml.safe_load(pointer.read_text())["outs"][0].get("md5")) != md5:
        raise IntegrityError(
            f"{folder} holds other files than DVC knows ({md5[:12]}, not {str(known)[:12]})",
            f"Record them with: dvc add {folder}, or bring the old ones back with: dvc checkout {pointer}",
        )
    files = [folder / str(one["relpath"]) for one in listed if _holds_rows(str(one["relpath"]))]
    if not files:
        raise InputError(f"{folder} holds no Parquet file", "Name a folder of files that end in .parquet")
    content = sorted(str(one["md5"]) for one in listed if _holds_rows(str(one["relpath"])))
    parts = tuple(part for file in files for part in _parts(file, folder))
    return LargeTable(parts, hashlib.sha256("\n".join(content).encode()).hexdigest()[:16], md5)


def _holds_rows(relpath: str) -> bool:
    """Whether it is a Parquet file, in no hidden folder; names with _ are what Spark says of the others."""
    return relpath.endswith(".parquet") and not any(name[0] in "_." for name in relpath.split("/"))


def _tree_md5(listed: list[dict[str, str | None]]) -> str:
    """The md5 of a folder as DVC computes it: of the JSON list of its files by path."""
    text = json.dumps(sorted(listed, key=lambda one: tuple(str(one["relpath"]).split("/"))), sort_keys=True)
    return f"{hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()}.dir"


def _parts(file: Path, folder: Path) -> Iterator[Part]:
    """The parts of a file, each of whole row groups; ``year=2024`` in its path names the value of a column."""
    from tasks.data.readers.arrow_reader import rows_of_groups

    pairs = [name.partition("=") for name in file.relative_to(folder).parent.parts if "=" in name]
    named = tuple((unquote(name), unquote(value)) for name, _, value in pairs)
    groups: list[int] = []
    first = rows = 0
    for number, size in enumerate(rows_of_groups(file)):
        groups.append(number)
        rows += size
        if rows >= PART_ROWS:
            yield Part(file, tuple(groups), first, named)
            first, rows, groups = first + rows, 0, []
    if rows:
        yield Part(file, tuple(groups), first, named)


def sum_table(
    published: "GreenLightningModel", publication: Path, table: LargeTable, engine: Engine, shorten: bool = False
) -> "Statistics":
    """The sums of all parts under a publication, the same to the bit whatever engine computes them.

    With ``shorten`` they are those of shortened rows, to which noise may be added.
    """
    total = published.statistics
    for done, sums in engine(partial(sum_part, publication, published.paths.digest, shorten), table.parts):
        total = total + sums
        progress.report_progress("parts of the table", done, len(table.parts))
    return total


def in_this_process(
    work: Callable[[Part], "Statistics"], parts: tuple[Part, ...]
) -> Iterator[tuple[int, "Statistics"]]:
    """The engine without another process: part after part."""
    for number, part in enumerate(parts, start=1):
        yield number, work(part)


def sum_part(publication: Path, recipe: str, shorten: bool, part: Part) -> "Statistics":
    """The sums of a part, read block by block; an InputError names the file, the row and the column."""
    from greenlightning.federation.privacy import shortened_sums
    from tasks.data.readers.source import ReadOptions

    model = _published(publication, recipe)
    assert model.encoder is not None
    schema, total = model.encoder.schema, model.statistics
    for frame in frames_of(part, ReadOptions(label=schema.label, keep=schema.stored), len(schema.columns)):
        table = checked_table(frame, schema, part.path.name)
        assert table.y is not None
        check_complete(table.frame, table.y, part.path.name, int(frame.index[0]))
        X = model.encoder.transform(table.columns)
        total = total + (shortened_sums(model, X, table.y) if shorten else model.collect(X, table.y))
    return total


def frames_of(part: Part, options: "ReadOptions", columns: int) -> Iterator[pd.DataFrame]:
    """The rows of a part in blocks, numbered as in their file, with the columns that folders name."""
    from tasks.data.readers.arrow_reader import parquet_blocks

    first = part.first
    for block in parquet_blocks(part.path, options, max(1 << 10, BLOCK_CELLS // max(columns, 1)), part.groups):
        frame = block.frame.assign(**{name: None if value == NO_VALUE else value for name, value in part.named})
        frame.index = pd.RangeIndex(first, first + len(frame))
        yield frame
        first += len(frame)


@lru_cache(maxsize=1)
def _published(publication: Path, recipe: str) -> "GreenLightningModel":
    """The publication, read once in each process; sums under another ``recipe`` than the caller's do not add."""
    from greenlightning.federation import read_publication

    return read_publication(publication)
