"""Every example and notebook runs, warnings being errors, and reaches what it is there to show."""

import json
import runpy
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "examples"
LEAST = {
    "regression": 0.5,
    "stream_with_drift": 0.7,
    "table_with_text": 0.8,
    "text_embeddings": 0.8,
    "torch_head": 0.85,
}
NOTEBOOKS = sorted((FOLDER / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("name", LEAST)
def test_an_example_reaches_what_it_shows(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = runpy.run_path(str(FOLDER / f"{name}.py"))["main"]()
    assert found > LEAST[name]
    assert len(capsys.readouterr().out.splitlines()) >= 3


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_from_top_to_bottom(notebook: Path) -> None:
    """No kernel is needed: code cells are executed as they stand, in one namespace."""
    names: dict[str, object] = {"__name__": notebook.stem}
    content = json.loads(notebook.read_text())
    sources = ["".join(cell["source"]) for cell in content["cells"] if cell["cell_type"] == "code"]
    for number, source in enumerate(sources):
        exec(compile(source, f"{notebook.name}[{number}]", "exec"), names)  # noqa: S102
    assert len(sources) > 3


def test_a_notebook_is_kept_without_its_outputs() -> None:
    for notebook in NOTEBOOKS:
        cells = json.loads(notebook.read_text())["cells"]
        assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells), notebook.name


def test_every_example_is_listed_and_tested() -> None:
    listing = (FOLDER / "README.md").read_text()
    files = [*FOLDER.glob("*.py"), *NOTEBOOKS]
    assert [file.name for file in files if f"]({file.relative_to(FOLDER)})" not in listing] == []
    assert {file.stem for file in FOLDER.glob("*.py")} == set(LEAST)
    assert len(NOTEBOOKS) == 2
