"""The wheel is the library alone: it works outside the checkout with nothing but the packages that it declares."""

import re
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from importlib.metadata import distribution, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("pyproject.toml", "README.md", "LICENSE", "greenlightning")
PIPELINE = ("flows", "tasks", "prefect", "mlflow", "dvc", "great_expectations", "typer", "codecarbon")
EVERY_MODULE = """
import importlib, pkgutil, greenlightning
for module in pkgutil.walk_packages(greenlightning.__path__, "greenlightning."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
"""


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the files of the library without git, as in the image."""
    folder = tmp_path_factory.mktemp("sources")
    for name in SOURCES:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", "dist"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = (folder / "dist").iterdir()
    return built


@pytest.fixture(scope="session")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The interpreter of a clean environment with the wheel, and links to the packages that it declares."""
    folder = tmp_path_factory.mktemp("clean") / "env"
    venv.create(folder, symlinks=True)
    (packages,) = folder.glob("lib/*/site-packages")
    interpreter = str(folder / "bin" / "python")
    command = [sys.executable, "-m", "pip", "--python", interpreter, "install", "-q", "--no-deps", str(wheel)]
    subprocess.run(command, check=True, capture_output=True)
    for name in declared(wheel):
        found = distribution(name)
        for top in {file.parts[0] for file in found.files or () if ".." not in file.parts}:
            if not (packages / top).exists():
                (packages / top).symlink_to(Path(str(found.locate_file(top))))
    return interpreter


def declared(wheel: Path) -> set[str]:
    """The names of the packages that the wheel declares, and of all that these declare."""
    with zipfile.ZipFile(wheel) as content:
        (metadata,) = (name for name in content.namelist() if name.endswith(".dist-info/METADATA"))
        lines = content.read(metadata).decode().splitlines()
    waiting = [line.removeprefix("Requires-Dist: ") for line in lines if line.startswith("Requires-Dist: ")]
    names: set[str] = set()
    while waiting:
        requirement = Requirement(waiting.pop())
        name = canonicalize_name(requirement.name)
        if name not in names and (requirement.marker is None or requirement.marker.evaluate({"extra": ""})):
            names.add(name)
            waiting += requires(name) or ()
    return names


def run(python: str, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the clean interpreter in a folder, with an empty environment."""
    return subprocess.run([python, *words], cwd=folder, env={}, capture_output=True, text=True)


def examples() -> Iterator[str]:
    """The Python blocks of the README's section on the library."""
    section = (ROOT / "README.md").read_text().partition("## As a library\n")[2].partition("\n## ")[0]
    yield from re.findall(r"```python\n(.*?)```", section, re.DOTALL)


def test_the_wheel_holds_the_library_and_its_type_information_alone(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as content:
        names = content.namelist()
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"greenlightning"}
    assert "greenlightning/py.typed" in names
    sources = {str(file.relative_to(ROOT)) for file in (ROOT / "greenlightning").rglob("*.py*")}
    assert {name for name in sources if name.endswith((".py", ".pyi"))} <= set(names)


def test_the_library_is_declared_without_the_pipeline(wheel: Path) -> None:
    direct = {"numpy", "pandas", "scipy", "scikit-learn", "torch", "safetensors", "threadpoolctl", "psutil"}
    assert direct <= declared(wheel)
    assert not declared(wheel) & {
        "prefect",
        "mlflow",
        "dvc",
        "great-expectations",
        "typer",
        "codecarbon",
    }


def test_the_pipeline_cannot_be_imported_beside_the_wheel(python: str, tmp_path: Path) -> None:
    for name in PIPELINE:
        done = run(python, tmp_path, "-c", f"import {name}")
        assert "ModuleNotFoundError" in done.stderr, name


def test_every_module_of_the_library_imports(python: str, tmp_path: Path) -> None:
    done = run(python, tmp_path, "-c", EVERY_MODULE)
    assert done.returncode == 0, done.stderr


def test_the_example_of_the_readme_runs(python: str, tmp_path: Path) -> None:
    for example in examples():
        done = run(python, tmp_path, "-c", example)
        assert done.returncode == 0, done.stderr
        assert float(done.stdout.split()[-1]) > 0.9


def test_the_version_is_known(python: str, tmp_path: Path) -> None:
    done = run(python, tmp_path, "-c", "import greenlightning; print(greenlightning.__version__)")
    assert done.stdout == "0.1.0\n", done.stderr


def test_the_command_says_that_the_pipeline_is_missing(python: str, tmp_path: Path) -> None:
    for words in (["-m", "greenlightning"], [str(Path(python).parent / "greenlightning"), "train"]):
        done = run(python, tmp_path, *words)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == (
            "error The pipeline is not part of the wheel. Run it from a checkout or the image; see README.md.\n"
        )
