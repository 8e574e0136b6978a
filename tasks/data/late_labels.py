"""Labels that come later: files without labels wait, and are joined with their labels by an identifier.

A waiting file lies in ``data/unlabelled/<dataset>/<id>.parquet`` as its reader found it; labels that are known so
far are in its label column, and its provenance is in the schema metadata.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from greenlightning.errors import InputError
from tasks.core.atomic import replacing
from tasks.core.workspace import Workspace, checked_name
from tasks.data.reading import ReadOptions, read_table

PROVENANCE = b"greenlightning.unlabelled"
ID_DIGITS = 16
NAMED = 5
FOUND = ReadOptions()


@dataclass(frozen=True)
class Unlabelled:
    """A file that waits for labels."""

    dataset: str
    id: str
    path: Path
    rows: int
    labelled: int
    source: str
    label: str

    def __str__(self) -> str:
        return f"{self.source}: {self.labelled:,} of {self.rows:,} rows have labels"


@dataclass(frozen=True)
class JoinedLabels:
    """Files with all the labels that are wanted, ready to be ingested, and what a reader should know."""

    ready: tuple[tuple[Unlabelled, Path], ...]
    waiting: tuple[Unlabelled, ...]
    notes: tuple[str, ...]


def without_labels(path: Path, options: ReadOptions) -> pd.DataFrame:
    """The table of a file whose labels come later; InputError where they are there already."""
    frame, label = read_table(path, options).frame, options.label
    if label in frame and frame[label].notna().all():
        raise InputError(f"{path.name} has labels already", "Ingest it without --unlabelled")
    return frame if label in frame else frame.assign(**{label: None})


def hold(path: Path, dataset: str, options: ReadOptions) -> Unlabelled:
    """Keep a file without labels until they come; the same content is kept once."""
    frame, label = without_labels(path, options), options.label
    text = frame.to_csv(index=False)
    name = hashlib.sha256(text.encode()).hexdigest()[:ID_DIGITS]
    target = _folder(dataset) / f"{name}.parquet"
    if not target.is_file():
        _write(frame, target, {"source": path.name, "label": label, "landed_at": datetime.now(UTC).isoformat()})
    return _described(target, dataset)


def unlabelled(dataset: str) -> list[Unlabelled]:
    """The files of a dataset that wait for labels, in the order in which they came."""
    found = [(path, _provenance(path)) for path in _folder(dataset).glob("*.parquet")]
    return [_described(path, dataset) for path, about in sorted(found, key=lambda one: one[1]["landed_at"])]


@dataclass(frozen=True, eq=False)
class LabelFile:
    """A file of labels, and the waiting files that have its identifier, with the labels filled in."""

    held: tuple[Unlabelled, ...]
    frames: dict[str, pd.DataFrame]
    unknown: tuple[str, ...]


def read_labels(path: Path, dataset: str, identifier: str, options: ReadOptions = FOUND) -> LabelFile:
    """Read a file of labels and match it with the files that wait; nothing is written.

    Raises InputError for an identifier that is missing, twice in a file, labelled differently before, or that no
    waiting row has.
    """
    held = [one for one in unlabelled(dataset) if identifier in pyarrow.parquet.read_schema(one.path).names]
    if not held:
        raise _nothing_waits(dataset, identifier)
    label = held[0].label
    labels = _labels(path, identifier, replace(options, label=label))
    frames = {one.id: pd.read_parquet(one.path) for one in held}
    _check_unique(((one.source, _names(frames[one.id][identifier])) for one in held), identifier)
    known: set[str] = set()
    for one in held:
        frame, names = frames[one.id], _names(frames[one.id][identifier])
        known |= set(names)
        frame[label] = _filled(frame[label], names.map(labels), names, path.name)
    unknown = tuple(name for name in labels.index if name not in known)
    if len(unknown) == len(labels):
        waits = _listed(sorted(known), identifier)
        raise InputError(
            f"No waiting row has the {_listed(unknown, identifier)} of {path.name}",
            f"The waiting rows have {waits}",
        )
    return LabelFile(tuple(held), frames, unknown)


def _nothing_waits(dataset: str, identifier: str) -> InputError:
    if waits := unlabelled(dataset):
        columns = ", ".join(pyarrow.parquet.read_schema(waits[0].path).names[:NAMED])
        return InputError(
            f"No waiting file has a column {identifier!r} (columns of {waits[0].source}: {columns})",
            "Name the identifier with --id",
        )
    return InputError(
        f"No file of {dataset!r} waits for labels",
        f"Bring one in with: greenlightning ingest FILE --dataset {dataset} --unlabelled",
    )


def join_labels(
    path: Path,
    dataset: str,
    identifier: str,
    scratch: Path,
    partial: bool = False,
    options: ReadOptions = FOUND,
) -> JoinedLabels:
    """Give the waiting files the labels of ``path``, and write those that are ready into ``scratch``.

    A file is ready once every row has a label; with ``partial`` its labelled rows are, and the others wait on.
    Raises InputError for whatever ``read_labels`` refuses.
    """
    found = read_labels(path, dataset, identifier, options)
    label = found.held[0].label
    ready: list[tuple[Unlabelled, Path]] = []
    for one in found.held:
        frame = found.frames[one.id]
        _write(frame, one.path, _provenance(one.path))
        there = frame[label].notna()
        if there.all() or (partial and there.any()):
            ready.append((one, _part(frame[there], scratch / one.id, one.source)))
    unknown = _listed(found.unknown, identifier)
    notes = (f"no waiting row has the {unknown} of {path.name}",) if found.unknown else ()
    done = {one.id for one, _ in ready}
    return JoinedLabels(tuple(ready), tuple(one for one in unlabelled(dataset) if one.id not in done), notes)


def settle(one: Unlabelled) -> None:
    """Let go of the rows of a waiting file that were ingested with their labels."""
    frame = pd.read_parquet(one.path)
    rest = frame[frame[one.label].isna()]
    if rest.empty:
        one.path.unlink()
    else:
        _write(rest.reset_index(drop=True), one.path, _provenance(one.path))


def _labels(path: Path, identifier: str, options: ReadOptions) -> "pd.Series[Any]":
    """The labels of a file by identifier."""
    frame, label = read_table(path, options).frame, options.label
    if missing := [name for name in (identifier, label) if name not in frame]:
        shown = ", ".join(map(str, frame.columns[:NAMED]))
        raise InputError(
            f"{path.name} has no column {missing[0]!r} (its columns: {shown})", "Name the identifier with --id"
        )
    frame = frame[frame[label].notna()]
    names = _names(frame[identifier])
    _check_unique([(path.name, names)], identifier)
    return pd.Series(frame[label].to_numpy(dtype=object), index=names)


def _names(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Identifiers as text; a whole number has no decimal point, whatever the file's type."""
    if pd.api.types.is_float_dtype(column) and (column.dropna() % 1 == 0).all():
        column = column.astype("Int64")
    return column.astype("string").str.strip().astype(object)


def _check_unique(files: Iterable[tuple[str, "pd.Series[Any]"]], identifier: str) -> None:
    """Raise InputError where an identifier is missing, or names two rows."""
    seen: dict[str, tuple[str, int]] = {}
    for source, names in files:
        for row, name in enumerate(names, start=1):
            if pd.isna(name):
                raise InputError(f"{source} has no {identifier} in row {row}", "Give every row an identifier")
            if name in seen:
                first, at = seen[name]
                raise InputError(
                    f"The {identifier} {name} is twice: in row {at} of {first} and in row {row} of {source}",
                    "Give every row an identifier of its own",
                )
            seen[name] = source, row


def _filled(
    before: "pd.Series[Any]", now: "pd.Series[Any]", names: "pd.Series[Any]", source: str
) -> "pd.Series[Any]":
    """The labels known before and those that came now; InputError where they differ."""
    now.index = before.index
    differ = before.notna() & now.notna() & (before.astype(str) != now.astype(str))
    if differ.any():
        row = int(differ.to_numpy().argmax())
        raise InputError(
            f"{source} labels {names.iloc[row]} as {now.iloc[row]}, and it was {before.iloc[row]} before",
            "Give each row one label",
        )
    return before.astype(object).where(before.notna(), now)


def _listed(names: Sequence[str], identifier: str) -> str:
    shown = ", ".join(names[:NAMED])
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return f"{identifier} {shown}{more}"


def _part(frame: pd.DataFrame, folder: Path, source: str) -> Path:
    """The rows with labels as a file that carries the name of their source."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{Path(source).name.split('.')[0]}.parquet"
    frame.infer_objects().to_parquet(target, index=False)
    return target


def _folder(dataset: str) -> Path:
    return Workspace.current().root / "data" / "unlabelled" / checked_name(dataset)


def _described(path: Path, dataset: str) -> Unlabelled:
    source, label = (str(_provenance(path)[name]) for name in ("source", "label"))
    labels = pyarrow.parquet.read_table(path, columns=[label])[label]
    return Unlabelled(dataset, path.stem, path, len(labels), len(labels) - labels.null_count, source, label)


def _provenance(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((pyarrow.parquet.read_schema(path).metadata or {})[PROVENANCE])
    return found


def _write(frame: pd.DataFrame, target: Path, about: dict[str, Any]) -> None:
    table = pa.Table.from_pandas(frame.infer_objects(), preserve_index=False)
    metadata = {**(table.schema.metadata or {}), PROVENANCE: json.dumps(about, sort_keys=True).encode()}
    with replacing(target) as partial:
        pyarrow.parquet.write_table(table.replace_schema_metadata(metadata), partial)
