"""The command line, run in the process of the test."""

import sys

import pytest

from flows import cli


def greenlightning(*words: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """The exit code of the command line, run in this process."""
    monkeypatch.setattr(sys, "argv", ["greenlightning", *words])
    try:
        cli.main()
    except SystemExit as end:
        return int(end.code or 0)
    return 0
