"""Two sets of short texts with categories that somebody else gave them.

``debian``: the short description of a Debian package, and its section (``apt-cache dumpavail``).
``docstrings``: the first sentence of a docstring, and the Python package that it comes from; names of the packages
are taken out of it. The packages are among those that ``requirements.lock`` pins.
"""

import ast
import re
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import numpy as np

SECTIONS = (
    "admin",
    "games",
    "graphics",
    "gnu-r",
    "java",
    "javascript",
    "net",
    "perl",
    "ruby",
    "rust",
    "science",
    "sound",
)
PACKAGES = ("matplotlib", "mlflow", "pandas", "prefect", "scipy", "sklearn", "sqlalchemy", "torch")
MOST_OF_A_KIND = 600
FEWEST_WORDS = 3
Labelled = tuple[str, str]


def debian() -> list[Labelled]:
    """Descriptions with one of twelve sections, at most 600 of each."""
    listed = subprocess.run(["apt-cache", "dumpavail"], capture_output=True, text=True, check=True).stdout
    found = {}
    for entry in listed.split("\n\n"):
        fields = dict(re.findall(r"^(Section|Description(?:-en)?): (.+)$", entry, re.MULTILINE))
        section = fields.get("Section", "").rpartition("/")[2]
        text = fields.get("Description", fields.get("Description-en", ""))
        if section in SECTIONS and len(text.split()) >= FEWEST_WORDS:
            found[text] = section
    return _evenly(sorted(found.items()))


def docstrings() -> list[Labelled]:
    """First sentences from eight packages, at most 600 of each."""
    found: dict[str, str] = {}
    for package in PACKAGES:
        spec = find_spec(package)
        assert spec and spec.origin, package
        for text in _sentences(Path(spec.origin).parent):
            found.setdefault(text, package)
    return _evenly(sorted(found.items()))


def _sentences(folder: Path) -> Iterator[str]:
    names = re.compile("|".join((*PACKAGES, "scikit-learn", "pytorch")), re.IGNORECASE)
    for file in sorted(folder.rglob("*.py")):
        for node in _nodes(file):
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and (text := ast.get_docstring(node)):
                first = " ".join(text.split("\n\n")[0].split()).partition(". ")[0]
                if len((masked := names.sub("it", first)).split()) >= FEWEST_WORDS:
                    yield masked


def _nodes(file: Path) -> Iterator[ast.AST]:
    """Every node of a module; none of tests, or of syntax that this Python does not know."""
    if "tests" not in file.parts:
        with suppress(SyntaxError):
            yield from ast.walk(ast.parse(file.read_text(errors="replace")))


def _evenly(texts: list[Labelled]) -> list[Labelled]:
    """At most so many of each kind, drawn by a fixed seed."""
    order = np.random.default_rng(0).permutation(len(texts))
    taken: dict[str, list[Labelled]] = {}
    for i in order:
        kind = taken.setdefault(texts[i][1], [])
        if len(kind) < MOST_OF_A_KIND:
            kind.append(texts[i])
    return [each for kind in sorted(taken) for each in taken[kind]]
