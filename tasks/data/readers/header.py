"""The names of a table's columns: each has one of its own."""

from collections import Counter
from pathlib import Path

from greenlightning.errors import InputError


def checked_names(path: Path, names: list[str]) -> list[str]:
    """The names without blanks around them; InputError where one is empty or occurs twice."""
    names = [name.strip() for name in names]
    if "" in names:
        position = names.index("") + 1
        raise InputError(f"Column {position} of {path.name} has no name", "Name it, or leave it out")
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise InputError(f"{path.name} has several columns called {repeated[0]!r}", "Give each its own name")
    return names
