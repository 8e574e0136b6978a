"""The help: it answers at once, and it names every command, option and exit code."""

import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version

import pytest

from flows import cli
from tests.helpers.command import Said
from tests.helpers.digits import DIGITS

COMMANDS = (
    "ingest",
    "train",
    "retrain",
    "forget",
    "federate",
    "rollback",
    "promote",
    "pin",
    "maintenance",
    "status",
    "lineage",
    "reproduce",
    "compare",
    "report",
    "demo",
    "study",
    "up",
    "down",
)


def test_help_teaches_every_command_and_names_the_exit_codes(say: Callable[..., Said]) -> None:
    said = say("--help")
    assert said.code == 0
    for command in COMMANDS:
        assert command in said.out
    assert "Exit codes" in said.out
    for code in cli.Exit:
        assert f" {int(code)} " in said.out


def test_the_command_line_loads_no_numbers_before_it_computes() -> None:
    """``--help`` answers at once: NumPy alone takes as long as all the rest."""
    heavy = "{'numpy', 'torch', 'prefect', 'mlflow'}"
    command = f"import sys, flows.cli; sys.exit(' '.join({heavy} & {{*sys.modules}}))"
    found = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=False)
    assert found.stderr.strip() == ""


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself_and_names_the_exit_codes(command: str, say: Callable[..., Said]) -> None:
    said = say(command, "--help")
    assert said.code == 0
    assert "--json" in said.out
    assert "Exit codes" in said.out


def test_wrong_usage_exits_with_2(say: Callable[..., Said]) -> None:
    assert say("train").code == 2
    assert say("no-such-command").code == 2
    assert say("federate", "-d", DIGITS).code == 2


def test_the_version_that_is_installed_is_shown(say: Callable[..., Said]) -> None:
    said = say("--version")
    assert (said.code, said.out) == (0, f"greenlightning {version('greenlightning')}\n")


@pytest.mark.parametrize("command", ["predict", "report", "lineage", "federation publish"])
def test_where_something_is_written_is_said_in_either_spelling(command: str, say: Callable[..., Said]) -> None:
    out = say(*command.split(), "--help").out
    assert "--out" in out.replace("--output", "") and "--output" in out


def test_a_batch_to_forget_is_named_once_with_an_option_or_without(say: Callable[..., Said]) -> None:
    for names in ((), ("ab" * 8, "--batch", "ab" * 8)):
        said = say("forget", *names, "--dataset", "digits")
        assert said.code == 2 and "Name one batch" in said.err
    for names in (("ab" * 8,), ("--batch", "ab" * 8)):
        assert say("forget", *names, "--dataset", "digits").code == 5


def test_the_usage_names_the_command_whatever_process_runs_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["flows/warm/greenlightning", "forget", "--reason", "asked"])
    with pytest.raises(SystemExit):
        cli.main()
    assert "Usage: greenlightning forget" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["train", "retrain"])
def test_a_file_given_to_a_command_that_learns_batches_leads_to_learn(
    command: str, say: Callable[..., Said]
) -> None:
    said = say(command, "week 1.csv", "-d", DIGITS)
    told = " ".join(said.err.replace("│", " ").split())
    assert said.code == 2
    assert f"{command} takes no file" in told
    assert "greenlightning learn 'week 1.csv' --dataset digits" in told


def test_a_choice_that_there_is_none_of_is_refused_in_our_words(say: Callable[..., Said]) -> None:
    said = say("retrain", "-d", DIGITS, "--runner", "dask")
    assert said.code == 2
    assert "'dask' is not one of 'local'" in said.err and "Value error" not in said.err
