"""The workspace of the tests is named again after each test: the attacks change it."""

import os

import pytest


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is restored after each test."""
    monkeypatch.setenv("GREENLIGHTNING_HOME", os.environ["GREENLIGHTNING_HOME"])
