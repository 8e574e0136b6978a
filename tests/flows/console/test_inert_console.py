"""The console of the commands: colours where wanted, and names of users that cannot control the terminal."""

from io import StringIO

import pytest

from flows.console.inert_console import InertConsole

RED = "\x1b[31m"


def printed(text: str) -> str:
    """What the console writes to a terminal."""
    out = StringIO()
    InertConsole(file=out, force_terminal=True, color_system="standard").print(text, style="red")
    return out.getvalue()


def test_colours_are_left_out_where_no_color_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert RED in printed("quarantined")
    monkeypatch.setenv("NO_COLOR", "1")
    assert RED not in printed("quarantined")


def test_escape_codes_in_what_users_named_are_shown_and_do_nothing() -> None:
    assert "\x1b[2J" not in printed("a\x1b[2Jb.csv")
