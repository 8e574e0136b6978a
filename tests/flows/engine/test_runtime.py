"""What commands set for libraries: the workspace's server with its secret and certificate, and one thread."""

import os
import subprocess
import sys
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


def test_a_run_computes_on_one_thread_unless_told_otherwise(home: Path, given: dict[str, str]) -> None:
    runtime.set_up(home)
    assert given["OMP_NUM_THREADS"] == "1"
    given["OMP_NUM_THREADS"] = "4"
    runtime.set_up(home)
    assert given["OMP_NUM_THREADS"] == "4"


def test_libraries_read_the_number_of_threads_after_it_is_set(home: Path) -> None:
    """A command sets it before it imports NumPy: BLAS and PyTorch then have one thread each."""
    code = (
        "from pathlib import Path; from flows.engine.runtime import set_up; set_up(Path.cwd()); "
        "import numpy, scipy.linalg, torch; from threadpoolctl import threadpool_info; "
        "print({torch.get_num_threads()} | {pool['num_threads'] for pool in threadpool_info()})"
    )
    variables = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    variables |= {"PYTHONPATH": str(environment.CHECKOUT)}
    found = subprocess.run([sys.executable, "-c", code], cwd=home, env=variables, capture_output=True, text=True)
    assert found.stdout.strip() == "{1}", found.stderr
