"""Results on disk: one JSON object a line, one measured cell each, so that a run can stop anywhere and go on."""

import ast
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import greenlightning

RESULTS = Path(__file__).parents[1] / "results"
Record = dict[str, Any]


def library_version() -> str:
    """Eight hex digits over the library's code: results under another one are measured again."""
    return code_version(Path(greenlightning.__file__).parent)


def code_version(root: Path) -> str:
    """Eight hex digits over the Python code in a folder; comments and docstrings do not count."""
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(f"{path.relative_to(root).as_posix()}\0{_without_comments(path.read_text())}".encode())
    return digest.hexdigest()[:8]


def _without_comments(source: str) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            node.value = ast.Constant(None)
    return ast.dump(tree)


@dataclass
class Records:
    """The cells of one part, ``folder/<part>-<dataset>.jsonl``, as measured with ``code`` on ``machine``.

    A cell is named by the values that set it up (dataset, seed, peer…). ``add`` appends at once; a cell that is
    written again replaces the earlier one when read. With ``again``, cells of earlier runs do not count as done.
    """

    part: str
    code: str
    machine: str
    folder: Path = RESULTS
    again: bool = False
    _done: set[str] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        if not self.again:
            run = self.code, self.machine
            lines = read(self.part, self.folder)
            self._done = {_name(line["cell"]) for line in lines if (line["code"], line["machine"]) == run}

    def has(self, **cell: Any) -> bool:
        """Whether this cell is measured already."""
        return _name(cell) in self._done

    def found(self, **cell: Any) -> Record:
        """The line of a cell that is measured, without what names it."""
        run, name = (self.code, self.machine), _name(cell)
        lines = (line for line in read(self.part, self.folder) if (line["code"], line["machine"]) == run)
        latest = [line for line in lines if _name(line["cell"]) == name][-1]
        return {key: value for key, value in latest.items() if key != "cell"}

    def add(self, cell: Record, values: Record) -> None:
        """Append one measured cell and say so on a line of its own."""
        at = datetime.now(UTC).isoformat(timespec="seconds")
        line = {"cell": cell, "code": self.code, "machine": self.machine, "at": at, **values}
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / f"{self.part}-{cell['dataset']}.jsonl").open("a") as stream:
            stream.write(json.dumps(line, separators=(",", ":")) + "\n")
        self._done.add(_name(cell))
        shown = (f"{name} {_short(values[name])}" for name in ("accuracy", "seconds", "joules") if name in values)
        print(f"{self.part}: {' '.join(map(str, cell.values()))}: {', '.join(shown)}", flush=True)


def read(part: str, folder: Path = RESULTS) -> Iterator[Record]:
    """Every line of a part, each set's oldest first; none where it was never measured."""
    for path in sorted(folder.glob(f"{part}-*.jsonl")):
        yield from map(json.loads, path.read_text().splitlines())


def latest(part: str, folder: Path = RESULTS) -> list[Record]:
    """The most recent record of each cell of a part, flat; what was measured again replaces what was before."""
    newest = {_name(record["cell"]): record for record in read(part, folder)}
    return [record["cell"] | {k: v for k, v in record.items() if k != "cell"} for record in newest.values()]


def select(records: Iterable[Record], **wanted: Any) -> list[Record]:
    """The records with these values."""
    return [r for r in records if all(r.get(name) == value for name, value in wanted.items())]


def _name(cell: Record) -> str:
    return json.dumps(cell, sort_keys=True)


def _short(value: float) -> str:
    return f"{value:.4g}"
