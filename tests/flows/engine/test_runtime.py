"""What commands set for Prefect: the workspace's server with its secret and certificate, nobody else's."""

import os
from pathlib import Path

import pytest

from flows.engine import runtime
from tasks.core import environment

OURS = "http://127.0.0.1:4299"
CERTIFICATE = "PREFECT_API_SSL_CERT_FILE"
HANDSHAKES = {"PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED", "PREFECT_CLIENT_CSRF_SUPPORT_ENABLED"}


@pytest.fixture
def given(home: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of a command, which set_up changes, where `up` runs."""
    variables = {"PATH": os.environ["PATH"], "GREENLIGHTNING_HOME": str(home)}
    monkeypatch.setattr(os, "environ", variables)
    monkeypatch.setattr(environment, "limit_permissions", lambda: None)
    monkeypatch.setattr(runtime, "running", lambda _: {"prefect_url": OURS})
    return variables


def test_clients_of_the_workspaces_server_get_its_address_secret_and_one_certificate(
    home: Path, given: dict[str, str]
) -> None:
    runtime.set_up(home)
    assert given["PREFECT_API_URL"] == f"{OURS}/api"
    assert given["PREFECT_API_AUTH_STRING"] == (home / ".prefect" / "secret").read_text()
    assert given[CERTIFICATE] == str(home / ".prefect" / "loopback.pem")
    assert {given[name] for name in HANDSHAKES} == {"false"}


def test_clients_of_another_server_keep_the_authorities_that_machines_trust(
    home: Path, given: dict[str, str]
) -> None:
    given["PREFECT_API_URL"] = "https://prefect.example/api"
    runtime.set_up(home)
    assert given["PREFECT_API_URL"] == "https://prefect.example/api"
    assert CERTIFICATE not in given and "PREFECT_API_AUTH_STRING" not in given
    assert not HANDSHAKES & set(given)


def test_a_server_that_was_told_to_ask_for_tokens_is_given_them(home: Path, given: dict[str, str]) -> None:
    given["PREFECT_SERVER_CSRF_PROTECTION_ENABLED"] = "true"
    runtime.set_up(home)
    assert given["PREFECT_CLIENT_CSRF_SUPPORT_ENABLED"] == "true"


def test_without_a_server_there_is_no_certificate(
    home: Path, given: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime, "running", lambda _: {})
    runtime.set_up(home)
    assert CERTIFICATE not in given and "PREFECT_API_URL" not in given
