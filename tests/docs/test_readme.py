"""What README and the how-to guides tell a reader to type is run, in order, in one workspace."""

import re
import shlex
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from typer.main import get_group

from flows import cli
from tests.helpers.servers import up as upped

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
RUN_IN_ORDER = (
    "README.md",
    "docs/tutorial.md",
    "docs/tutorial-python.md",
    "docs/how-to/sum-in-parallel.md",
    "docs/how-to/extend-it.md",
    "docs/how-to/retrain-a-head.md",
    "docs/how-to/bring-your-network.md",
    "docs/how-to/read-the-mlflow-store.md",
    "docs/how-to/migrate-from-scikit-learn.md",
    "docs/how-to/get-predictions-out.md",
    "docs/how-to/describe-your-columns.md",
    "docs/how-to/bring-your-data.md",
    "docs/how-to/bring-your-files.md",
    "docs/how-to/forget-and-roll-back.md",
    "docs/how-to/backfill-and-plan.md",
    "docs/how-to/keep-the-workspace-small.md",
    "docs/how-to/federate.md",
)
MAKE_TARGETS = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)


def blocks(page: Path) -> Iterator[tuple[str, str]]:
    """Language and text of each fenced block of a page."""
    yield from BLOCK.findall(page.read_text())


def commands(text: str) -> Iterator[list[str]]:
    """The words of each line of a bash block; nothing of a shell is known but quotes and comments."""
    for line in text.splitlines():
        if words := shlex.split(line, comments=True):
            yield words


def greenlightning(words: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    """The exit code of the command line, run in this process: starting one costs seconds."""
    monkeypatch.setattr(sys, "argv", ["greenlightning", *words])
    try:
        cli.main()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def test_what_the_pages_tell_to_type_works(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
) -> None:
    monkeypatch.chdir(home)
    for name in RUN_IN_ORDER:
        names: dict[str, object] = {}
        for language, text in blocks(ROOT / name):
            if language == "python":
                exec(compile(text, name, "exec"), names)  # noqa: S102
                continue
            assert language == "bash", f"{name} has a block that is not run: {language}"
            for words in commands(text):
                said = f"{name}: {' '.join(words)}"
                match words:
                    case ["make", target]:
                        assert target in MAKE_TARGETS, said
                    case ["greenlightning", "up" | "status" | "down" | "maintenance" as command, *rest]:
                        if command == "up":
                            request.addfinalizer(partial(upped.greenlightning, home, "down"))
                            rest += upped.FREE_PORTS
                        done = upped.greenlightning(home, command, *rest)
                        assert done.returncode == 0, said + done.stderr
                    case ["greenlightning", *arguments]:
                        expected = 4 if "broken.csv" in arguments else 0
                        assert greenlightning(arguments, monkeypatch) == expected, said + capsys.readouterr().err
                    case _:
                        pytest.fail(f"No test knows how to run {said}")


def test_the_pages_link_to_what_is_there() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "infra").glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    for page in pages:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.relative_to(ROOT)} links to {target}"


def test_the_pages_name_files_that_are_there() -> None:
    named = re.compile(r"`((?:benchmarks|flows|greenlightning|infra|tasks|tests)/[\w./-]+)`")
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for path in named.findall(page.read_text()):
            assert (ROOT / path).exists(), f"{page.relative_to(ROOT)} names {path}"


def test_every_page_of_the_docs_is_in_the_index() -> None:
    docs = ROOT / "docs"
    index = (docs / "index.md").read_text()
    for page in docs.rglob("*.md"):
        if (
            page.parent.name != "decisions" or page.name == "README.md"
        ):  # the index of decisions has a test of its own
            assert page == docs / "index.md" or f"]({page.relative_to(docs)})" in index, page


def test_the_line_to_swap_for_cuda_is_the_one_that_is_pinned() -> None:
    locked = (ROOT / "requirements.lock").read_text().splitlines()
    (torch,) = (line for line in locked if line.startswith("torch=="))
    assert f"`{torch}`" in (ROOT / "README.md").read_text()


def test_the_reference_names_every_command_and_exit_code() -> None:
    page = (ROOT / "docs" / "reference" / "cli.md").read_text()
    for command in get_group(cli.app).commands:
        assert re.search(rf"^\| `{command}\b", page, re.MULTILINE), command
    assert set(map(int, re.findall(r"^\| (\d) \|", page, re.MULTILINE))) == {0, 2, *map(int, cli.Exit)}
