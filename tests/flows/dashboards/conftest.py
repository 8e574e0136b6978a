"""A browser that is logged in to the dashboards of the session's ``up``."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.helpers.servers.browser import MISSING, browser_page

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.helpers.servers.up import Up

KEPT_BY_POLICY = "csp"
"""How a request fails that the browser did not send, as the page's policy tells it."""


@pytest.fixture
def page(up: "Up", monkeypatch: pytest.MonkeyPatch) -> Iterator["Page"]:
    """A page of the browser, logged in; whatever it shows, it asks nobody but this machine.

    ``Workspace.current()`` is the workspace of ``up``. Fixtures that run flows come before this one.
    """
    if MISSING:
        pytest.skip(MISSING)
    monkeypatch.setenv("GREENLIGHTNING_HOME", str(up.home))
    login = up.login()
    with browser_page() as opened:
        asked: set[str] = set()
        kept: set[str] = set()
        opened.on("request", lambda request: asked.add(request.url))
        opened.on("requestfailed", lambda request: request.failure == KEPT_BY_POLICY and kept.add(request.url))
        opened.on("response", lambda response: response.ok or print(response.status, response.url))
        opened.on("requestfailed", lambda request: print("failed", request.url, request.failure))
        opened.goto(login)
        opened.wait_for_url(re.compile(r"^[^?]*$"))
        yield opened
    assert {urlsplit(url).hostname for url in asked - kept} <= {"127.0.0.1", None}
