"""The command line in this process: what it prints and what it exits with."""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from flows import cli


@dataclass(frozen=True)
class Said:
    """What a command printed and exited with."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def command(capfd: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """A function that runs ``greenlightning`` with the arguments it gets."""

    def run(*arguments: str | Path) -> Said:
        capfd.readouterr()
        argv = ["greenlightning", *map(str, arguments)]
        with patch.object(sys, "argv", argv), patch.dict(os.environ), pytest.raises(SystemExit) as exited:
            cli.main()
            raise SystemExit(0)
        captured = capfd.readouterr()
        return Said(int(exited.value.code or 0), captured.out, captured.err)

    return run


def refusal(said: Said) -> str:
    """The one line on standard error, and nothing on standard output."""
    assert said.out == ""
    assert "Traceback" not in said.err
    lines = [line for line in said.err.splitlines() if line.strip()]
    assert len(lines) == 1, said.err
    assert lines[0].startswith("error ")
    return lines[0].removeprefix("error ")
