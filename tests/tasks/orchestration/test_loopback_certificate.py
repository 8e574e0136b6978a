"""Clients of the workspace's server, which has no TLS, are given one authority, and trust nobody by it."""

import ssl
from pathlib import Path

from tasks.core.workspace import Workspace
from tasks.orchestration.loopback_certificate import SETTING, loopback_setting


def test_the_setting_names_one_certificate_that_tls_can_read(home: Path) -> None:
    file = loopback_setting(Workspace(home))[SETTING]
    assert ssl.create_default_context(cafile=file).get_ca_certs() == []  # it may sign nothing
    assert Path(file).read_text().count("BEGIN CERTIFICATE") == 1
    assert "PRIVATE KEY" not in Path(file).read_text()


def test_it_is_made_once(home: Path) -> None:
    first = Path(loopback_setting(Workspace(home))[SETTING]).read_bytes()
    assert Path(loopback_setting(Workspace(home))[SETTING]).read_bytes() == first
