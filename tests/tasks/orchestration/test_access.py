"""The secret of a workspace's servers lies in a file of the owner's; a ticket is valid once."""

import os
import time
from pathlib import Path

import pytest

from tasks.core.workspace import Workspace
from tasks.orchestration.access import TICKET_SECONDS, issue_ticket, redeem_ticket, secret


def mode(file: Path) -> int:
    return file.stat().st_mode & 0o777


def test_the_secret_is_long_random_and_the_owners(home: Path, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        found = secret(Workspace(home))
    finally:
        os.umask(before)
    user, _, password = found.partition(":")
    assert (user, len(password)) == ("greenlightning", 43)
    assert (mode(home / ".prefect"), mode(home / ".prefect" / "secret")) == (0o700, 0o600)
    assert secret(Workspace(tmp_path / "other")) != found


def test_the_secret_stays_until_others_can_read_its_file(home: Path) -> None:
    first = secret(Workspace(home))
    assert secret(Workspace(home)) == first
    (home / ".prefect" / "secret").chmod(0o644)
    assert secret(Workspace(home)) != first
    assert mode(home / ".prefect" / "secret") == 0o600


def test_a_ticket_is_valid_once(home: Path) -> None:
    ticket = issue_ticket(Workspace(home))
    assert redeem_ticket(Workspace(home), ticket)
    assert not redeem_ticket(Workspace(home), ticket)


@pytest.mark.parametrize("guess", ["", ".", "../secret", "x" * 43, "\x00"])
def test_a_guess_is_no_ticket(home: Path, guess: str) -> None:
    issue_ticket(Workspace(home))
    secret(Workspace(home))
    assert not redeem_ticket(Workspace(home), guess)
    assert (home / ".prefect" / "secret").exists()


def test_a_ticket_expires_after_a_day_and_is_removed(home: Path) -> None:
    ticket = issue_ticket(Workspace(home))
    [file] = (home / ".prefect" / "tickets").iterdir()
    yesterday = time.time() - TICKET_SECONDS - 1
    os.utime(file, (yesterday, yesterday))
    assert not redeem_ticket(Workspace(home), ticket) and not file.exists()
    assert mode(home / ".prefect" / "tickets") == 0o700


def test_the_files_do_not_hold_the_tickets(home: Path) -> None:
    ticket = issue_ticket(Workspace(home))
    assert ticket not in "".join(str(path) for path in home.rglob("*"))
