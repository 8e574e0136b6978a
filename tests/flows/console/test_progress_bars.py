"""Progress bars on the terminal."""

from io import StringIO

from rich.console import Console

from flows.console.progress_bars import progress_bars
from tasks.core.progress import report_progress


def shown(terminal: bool) -> str:
    """What a console shows of a step."""
    file = StringIO()
    with progress_bars(Console(file=file, force_terminal=terminal, width=100)):
        report_progress("reading rows", 3, 12)
    return file.getvalue()


def test_a_terminal_shows_the_step_and_how_much_of_it_is_done() -> None:
    assert "reading rows" in shown(terminal=True) and "3/12" in shown(terminal=True)


def test_elsewhere_nothing_is_shown() -> None:
    assert "reading rows" not in shown(terminal=False)
