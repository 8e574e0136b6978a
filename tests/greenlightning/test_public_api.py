"""One glance shows the API: what is exported exists, what is public is described, the error tree is as drawn."""

import importlib
import importlib.metadata
import inspect
import pkgutil
import subprocess
import sys
from types import ModuleType

import numpy as np
import pytest
import sklearn.exceptions

import greenlightning
from greenlightning import errors
from greenlightning.errors import GreenLightningError

MODULES = [
    importlib.import_module(found.name)
    for found in pkgutil.walk_packages(greenlightning.__path__, "greenlightning.")
]
every_module = pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)


PUBLIC = [
    "EnergyMeter",
    "GreenLightningClassifier",
    "GreenLightningModel",
    "GreenLightningRegressor",
    "PathLinear",
    "PathSGDClassifier",
    "Statistics",
    "Structure",
    "errors",
    "extract_structure",
]


def test_the_top_level_exports_a_few_unmistakable_names() -> None:
    assert sorted(greenlightning.__all__) == sorted(greenlightning.__dir__()) == PUBLIC
    for name in PUBLIC:
        assert getattr(greenlightning, name).__name__.rpartition(".")[2] == name


def test_the_version_is_that_of_the_distribution() -> None:
    assert greenlightning.__version__ == importlib.metadata.version("greenlightning")


@pytest.mark.parametrize("name", ["paths", "health", "nn", "tables"])
def test_a_package_exports_what_it_lists(name: str) -> None:
    package = importlib.import_module(f"greenlightning.{name}")
    assert sorted(package.__all__) == package.__all__
    assert all(getattr(package, each).__name__ == each for each in package.__all__ if each != "load_paths")


def test_what_does_not_exist_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="No greenlightning attribute nothing"):
        greenlightning.nothing  # noqa: B018


def test_the_library_loads_neither_torch_nor_scikit_learn_before_it_needs_to() -> None:
    script = (
        "import sys, greenlightning, greenlightning.errors, greenlightning.data.batch;"
        "print({'torch', 'sklearn'} & sys.modules.keys())"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


def test_a_retraining_loads_neither_scikit_learn_nor_the_distributions_of_scipy() -> None:
    script = (
        "import sys, greenlightning.model, greenlightning.health.assessment, greenlightning.energy.meter;"
        "print({'sklearn', 'scipy.stats'} & sys.modules.keys())"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


def drawn_tree(lines: list[str], depth: int = 0) -> dict[str, tuple[str, str]]:
    """Name to (parent, other base) of each error that the docstring draws."""
    parents, found = [lines[0].strip()], {}
    for line in lines[1:]:
        drawing, _, text = line.partition("── ")
        level = 1 + len(drawing) // 4
        name, *rest = text.split()
        base = rest[0].strip("()") if rest and rest[0].startswith("(") else ""
        del parents[level:]
        found[name] = (parents[-1], base)
        parents.append(name)
    return found


def test_the_error_tree_is_as_drawn() -> None:
    assert errors.__doc__ is not None
    tree = [
        line
        for line in errors.__doc__.splitlines()
        if line.startswith((" ", "├", "│", "└", "GreenLightningError"))
    ]
    drawn = drawn_tree(tree)
    real = {
        name: value
        for name, value in {**vars(errors), "NotFittedError": errors.NotFittedError}.items()
        if inspect.isclass(value) and value.__module__ == errors.__name__
    }
    assert set(drawn) | {"GreenLightningError"} == set(real) == set(errors.__all__)
    for name, (parent, other) in drawn.items():
        bases = [base.__name__ for base in real[name].__bases__]
        assert bases[0] == parent
        if other == "sklearn's":
            assert issubclass(real[name], sklearn.exceptions.NotFittedError)
        else:
            assert bases[1:] == ([other] if other else [])
    assert len(drawn) == 11


@pytest.mark.parametrize("name", errors.__all__)
def test_every_error_tells_cause_and_remedy_in_one_line(name: str) -> None:
    error = getattr(errors, name)("The tap drips", "Close it")
    assert isinstance(error, GreenLightningError)
    assert (error.cause, error.remedy, str(error)) == ("The tap drips", "Close it", "The tap drips. Close it.")
    named = getattr(errors, name)("The tap 'a\r\nb\u2028c' drips", "Close it")
    assert str(named) == "The tap 'a b c' drips. Close it."


@pytest.mark.parametrize(
    ("name", "usual"),
    [
        ("InputError", ValueError),
        ("MismatchError", ValueError),
        ("CapacityError", MemoryError),
        ("IntegrityError", OSError),
        ("SingularError", np.linalg.LinAlgError),
        ("NotFittedError", sklearn.exceptions.NotFittedError),
        ("NothingServedError", LookupError),
        ("ServerError", RuntimeError),
    ],
)
def test_the_usual_except_clauses_keep_working(name: str, usual: type[Exception]) -> None:
    with pytest.raises(usual, match="The tap drips"):
        raise getattr(errors, name)("The tap drips", "Close it")


def public_members(module: ModuleType) -> list[tuple[str, object]]:
    """Public classes and functions that the module defines, and the public methods of the classes."""
    found: list[tuple[str, object]] = []
    for name, value in vars(module).items():
        if name.startswith("_") or getattr(value, "__module__", None) != module.__name__:
            continue
        if inspect.isclass(value) or inspect.isfunction(value):
            found.append((name, value))
        if inspect.isclass(value):
            members = [(n, m) for n, m in vars(value).items() if not n.startswith("_")]
            found += [(f"{name}.{n}", m) for n, m in members if inspect.isfunction(m) or isinstance(m, property)]
            found += [(f"{name}.{n}", m.__func__) for n, m in members if isinstance(m, classmethod)]
    return found


@every_module
def test_everything_public_is_described(module: ModuleType) -> None:
    assert module.__doc__
    silent = [name for name, member in public_members(module) if not describes(member)]
    assert silent == []


def describes(member: object) -> bool:
    """Whether it has a docstring of its own: a dataclass's generated signature is none."""
    text = inspect.getdoc(member) or ""
    return len(text.split()) > 1 and not text.startswith(f"{getattr(member, '__name__', '')}(")


@every_module
def test_no_module_imports_an_orchestrator_tracker_store_or_pickle(module: ModuleType) -> None:
    foreign = ("prefect", "mlflow", "dvc", "great_expectations", "pickle", "cloudpickle", "joblib")
    source = inspect.getsource(module)
    assert not [name for name in foreign if f"import {name}" in source or f"from {name}" in source]
    assert "torch.load" not in source
