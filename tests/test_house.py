"""The rules of this house: small folders and files, few parameters, a test beside every task module."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("greenlightning", "tasks", "flows", "benchmarks")
FILES = sorted(file for package in (*PACKAGES, "tests") for file in (ROOT / package).rglob("*.py"))
ROOMS = sorted({file.parent for file in FILES if not file.is_relative_to(ROOT / "tests")})
MOST_FILES, MOST_LINES = 15, 300
EXEMPT = "noqa: PLR0913"


def named(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def test_no_folder_has_more_than_15_python_files() -> None:
    files = Counter(named(file.parent) for file in FILES)
    assert {folder: number for folder, number in files.items() if number > MOST_FILES} == {}


def test_no_file_has_more_than_300_lines() -> None:
    lines = {named(file): len(file.read_text().splitlines()) for file in FILES}
    assert {file: number for file, number in lines.items() if number > MOST_LINES} == {}


@pytest.mark.parametrize("room", ROOMS, ids=named)
def test_every_package_says_in_one_line_what_it_is_for(room: Path) -> None:
    first = (ast.get_docstring(ast.parse((room / "__init__.py").read_text())) or "").partition("\n")[0]
    assert len(first.split()) > 2 and first.endswith(".")


def test_every_task_module_has_a_test_file_in_the_mirrored_place() -> None:
    modules = [file for file in (ROOT / "tasks").rglob("*.py") if file.name != "__init__.py"]
    untested = {named(module) for module in modules if not mirrored(module).exists()}
    assert untested == set()


def mirrored(module: Path) -> Path:
    """Where the tests of a module stand."""
    return ROOT / "tests" / module.relative_to(ROOT).with_name(f"test_{module.name}")


def test_only_estimators_flows_and_commands_have_more_than_seven_parameters() -> None:
    """Ruff counts them (PLR0913): the exemption may stand nowhere else."""
    exempt = [(file, function, line) for file in FILES for function, line in exempted(file)]
    wrong = [f"{named(file)}:{line}" for file, function, line in exempt if not takes_many(file, function)]
    assert wrong == []


def exempted(file: Path) -> Iterator[tuple[ast.FunctionDef | None, int]]:
    """Each line of a file that exempts from the rule, with the function that begins there."""
    text = file.read_text()
    lines = [number for number, line in enumerate(text.splitlines(), 1) if re.search(f"# {EXEMPT}", line)]
    functions = {node.lineno: node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)}
    for line in lines:
        yield functions.get(line), line


def takes_many(file: Path, function: ast.FunctionDef | None) -> bool:
    """Whether a function may: a flow's form, a command's options, or the parameters of an estimator."""
    if function is None:
        return False
    decorators = [ast.unparse(each).partition("(")[0] for each in function.decorator_list]
    estimator = file.is_relative_to(ROOT / "greenlightning") and function.name == "__init__"
    return estimator or any(name == "flow" or name.endswith(".command") for name in decorators)
