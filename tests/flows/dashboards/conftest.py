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
        asked: set[str | None] = set()
        opened.on("request", lambda request: asked.add(urlsplit(request.url).hostname))
        opened.on("response", lambda response: response.ok or print(response.status, response.url))
        opened.on("requestfailed", lambda request: print("failed", request.url, request.failure))
        opened.goto(login)
        opened.wait_for_url(re.compile(r"^[^?]*$"))
        yield opened
    assert asked <= {"127.0.0.1", None}
