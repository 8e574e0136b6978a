"""What the environment of a process may decide, and what is removed from it."""

import getpass
import os
import stat
from pathlib import Path

import httpx
import pytest

from tasks.core import environment
from tasks.core.environment import CHECKOUT, REPOSITORY, clean, limit_permissions, open_as_given


@pytest.fixture
def environ(home: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An environment with a home folder; tests add to it."""
    monkeypatch.chdir(home)
    return {"HOME": str(home), "GREENLIGHTNING_HOME": str(home)}


@pytest.mark.parametrize("name", REPOSITORY)
def test_what_points_git_at_another_repository_is_removed(name: str, environ: dict[str, str], home: Path) -> None:
    environ[name] = "/elsewhere"
    clean(environ, home)
    assert name not in environ


def test_what_a_user_sets_for_us_stays(environ: dict[str, str], home: Path) -> None:
    ours = {
        "CUDA_VISIBLE_DEVICES": "1",
        "GREENLIGHTNING_CARBON_INTENSITY": "50",
        "MLFLOW_TRACKING_URI": "http://tracking:5000",
        "OPENLINEAGE_URL": "http://lineage:5000",
        "PREFECT_API_URL": "http://prefect:4200/api",
        "PREFECT_LOGGING_LEVEL": "DEBUG",
    }
    environ |= ours
    clean(environ, home)
    assert ours.items() <= environ.items()


def test_relative_paths_stay_those_of_the_folder_they_were_set_in(environ: dict[str, str], home: Path) -> None:
    (home / "openlineage.yml").touch()
    environ |= {"GREENLIGHTNING_HOME": "work", "GREENLIGHTNING_DATASETS": "../sets"}
    clean(environ, home)
    assert environ["GREENLIGHTNING_HOME"] == str(home / "work")
    assert environ["GREENLIGHTNING_DATASETS"] == str(home / "../sets")
    assert environ["OPENLINEAGE_CONFIG"] == str(home / "openlineage.yml")


def test_prefect_lives_in_the_workspace_without_profiles_of_the_user(environ: dict[str, str], home: Path) -> None:
    environ |= {"PREFECT_HOME": "/elsewhere", "PREFECT_PROFILE": "theirs", "PREFECT_PROFILES_PATH": "/theirs.toml"}
    clean(environ, home)
    assert environ["PREFECT_HOME"] == str(home / ".prefect")
    assert not {"PREFECT_PROFILE", "PREFECT_PROFILES_PATH"} & environ.keys()


def test_httpx_reaches_loopback_whatever_the_proxy_and_the_certificates(
    environ: dict[str, str], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = str(home / "gone.pem")
    environ |= {"ALL_PROXY": "socks5://127.0.0.1:1", "http_proxy": "http://127.0.0.1:1", "SSL_CERT_FILE": gone}
    clean(environ, home)
    assert environ["http_proxy"] == "http://127.0.0.1:1"
    assert set(environ["no_proxy"].split(",")) >= {"127.0.0.1", "localhost", "::1"}
    for name in ("ALL_PROXY", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    with httpx.Client() as client, pytest.raises(httpx.ConnectError):
        client.get("http://127.0.0.1:9")
    with httpx.Client() as client:
        assert client._transport_for_url(httpx.URL("http://127.0.0.1:9")) is client._transport


def test_hosts_that_need_no_proxy_are_kept(environ: dict[str, str], home: Path) -> None:
    environ["NO_PROXY"] = "example.org,localhost"
    clean(environ, home)
    assert environ["no_proxy"] == environ["NO_PROXY"] == "example.org,localhost,127.0.0.1,::1"


def test_a_certificate_file_that_exists_is_kept(environ: dict[str, str], home: Path) -> None:
    (home / "ca.pem").touch()
    environ["SSL_CERT_FILE"] = str(home / "ca.pem")
    clean(environ, home)
    assert environ["SSL_CERT_FILE"] == str(home / "ca.pem")


def test_every_python_that_is_started_finds_our_modules_first(environ: dict[str, str], home: Path) -> None:
    environ["PYTHONPATH"] = os.pathsep.join([str(home), "", str(CHECKOUT)])
    clean(environ, home)
    assert environ["PYTHONPATH"] == os.pathsep.join([str(CHECKOUT), str(home)])
    assert environ["PYTHONSAFEPATH"] == "1"


def test_a_user_without_a_name_gets_one(
    environ: dict[str, str], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(uid: int) -> None:
        raise KeyError(f"getpwuid(): uid not found: {uid}")

    monkeypatch.setattr("pwd.getpwuid", unknown)
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    clean(environ, home)
    monkeypatch.setenv("LOGNAME", environ["LOGNAME"])
    assert getpass.getuser() == f"uid-{os.getuid()}"


@pytest.mark.parametrize("folder", ["", "/nowhere/at/all"])
def test_a_home_folder_that_is_missing_is_replaced_by_one_in_the_workspace(
    folder: str, environ: dict[str, str], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "_password_home", lambda: "")
    environ["HOME"] = folder
    clean(environ, home)
    assert environ["HOME"] == str(home / ".prefect" / "home") and Path(environ["HOME"]).is_dir()


@pytest.mark.parametrize("umask", [0, 0o022, 0o077, 0o277, 0o777], ids=oct)
def test_what_we_make_is_closed_to_other_users_and_what_a_user_asks_for_follows_the_umask(
    home: Path, umask: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "_given", {})
    before = os.umask(umask)
    try:
        limit_permissions()
        limit_permissions()
        for name in ("ours", "asked for"):
            (home / name).touch()
        (home / "folder").mkdir()
        open_as_given(home / "asked for")
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in home.iterdir()}
    assert modes == {"ours": 0o600, "folder": 0o700, "asked for": 0o666 & ~umask}
