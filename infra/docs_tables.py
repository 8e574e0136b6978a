"""Tables of the documentation that are read from the code when the site is built.

A page asks for one by a comment on a line of its own, such as ``<!-- table: errors -->``.
"""

import ast
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml

from greenlightning import errors

ROOT = Path(__file__).resolve().parents[1]
WANTED = re.compile(r"^<!-- table: (\w+) -->$", re.MULTILINE)


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put each table in the place of the comment that asks for it (the hook of mkdocs)."""
    return WANTED.sub(lambda found: TABLES[found[1]](), markdown)


def errors_table() -> str:
    """Each error of the code with its remedy, under the name of its class."""
    known: dict[str, set[tuple[str, str]]] = {}
    for package in ("flows", "greenlightning", "tasks"):
        for file in sorted((ROOT / package).rglob("*.py")):
            for name, cause, remedy in _raised(ast.parse(file.read_text())):
                known.setdefault(name, set()).add((cause, remedy))
    return "\n\n".join(
        f"### {name}\n{_first_line(name)}\n\n{_table(('cause', 'remedy'), sorted(known[name]))}"
        for name in sorted(known)
    )


def parameters_table() -> str:
    """Each flow that is deployed with its parameters, and the groups of settings that they share."""
    content = yaml.safe_load((ROOT / "infra" / "prefect.yaml").read_text())
    groups: dict[str, Any] = {}
    parts = []
    for entrypoint in dict.fromkeys(one["entrypoint"] for one in content["deployments"]):
        module, _, name = entrypoint.rpartition(".")
        with _quiet():
            schema = getattr(import_module(module), name).parameters.model_dump()
        groups |= schema["definitions"] or {}
        parts.append(f"### {name}\n{_fields(schema['properties'])}")
    parts += [f"### {name} (group)\n{_fields(about['properties'])}" for name, about in groups.items()]
    return "\n\n".join(parts)


@contextmanager
def _quiet() -> Iterator[None]:
    """Prefect reads the docstrings of flows as another style and warns; a strict build would count that."""
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def _raised(tree: ast.AST) -> Iterator[tuple[str, str, str]]:
    """Class, cause and remedy of each error that is made in a module, where both are written there."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in errors.__all__:
            texts = [_text(argument) for argument in node.args]
            if len(texts) == 2 and all(texts):
                yield node.func.id, texts[0], texts[1]


def _text(node: ast.expr) -> str:
    """The text of a string; an ellipsis stands for what is filled in. Empty where it is no string."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(_text(part) or "…" for part in parts)
        case ast.BinOp(left=left, right=right) if _text(left) or _text(right):
            return (_text(left) or "…") + (_text(right) or "…")
        case _:
            return ""


def _first_line(name: str) -> str:
    return (getattr(errors, name).__doc__ or "").splitlines()[0]


def _fields(properties: dict[str, Any]) -> str:
    """The table of the fields of a JSON schema."""
    rows = [
        (f"`{name}`", _kind(about), _default(about), about.get("description", ""))
        for name, about in properties.items()
    ]
    return _table(("parameter", "type", "default", "meaning"), rows)


def _kind(about: dict[str, Any]) -> str:
    """The type of a field in a few words."""
    if "anyOf" in about:
        return " or ".join(dict.fromkeys(_kind(one) for one in about["anyOf"]))
    if "enum" in about or "const" in about:
        return ", ".join(map(str, about.get("enum", [about.get("const")])))
    if reference := about.get("$ref") or next((one["$ref"] for one in about.get("allOf", ())), None):
        return str(reference).rpartition("/")[2]
    kind = str(about.get("type", "any")).replace("null", "none")
    return f"list of {_kind(about['items'])}" if kind == "array" and "items" in about else kind


def _default(about: dict[str, Any]) -> str:
    if "default" not in about:
        return "required"
    value = about["default"]
    return "as in the group" if isinstance(value, dict) and value else f"`{value}`"


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A Markdown table; markup within cells is shown as it is."""
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|").replace("<", "&lt;") for cell in line) + " |" for line in lines
    )


TABLES = {"errors": errors_table, "parameters": parameters_table}
