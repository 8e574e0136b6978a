"""The examples in docstrings run as written."""

import doctest
import importlib
import pkgutil

import pytest

import greenlightning

MODULES = sorted(found.name for found in pkgutil.walk_packages(greenlightning.__path__, "greenlightning."))


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0
