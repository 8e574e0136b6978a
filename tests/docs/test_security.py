"""SECURITY.md names every locked package whose licence is copyleft."""

import re
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

ROOT = Path(__file__).parents[2]
COPYLEFT = re.compile(r"GPL|General Public|MPL|Mozilla|EPL|Eclipse")


def licence(package: str) -> str:
    """The licence as the package states it; empty where it is not installed."""
    try:
        about = distribution(package).metadata
    except PackageNotFoundError:
        return ""
    named = [line for line in about.get_all("Classifier") or [] if line.startswith("License")]
    return about.get("License-Expression") or " ".join(named) or about.get("License", "").partition("\n")[0]


def test_packages_with_a_copyleft_licence_are_named() -> None:
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    locked = {re.split(r"[\[=]", line)[0].strip() for line in lines if "==" in line and line[0] != "#"}
    section = (
        (ROOT / "SECURITY.md").read_text().partition("## Dependencies and their licences")[2].partition("##")[0]
    )
    copyleft = {package for package in locked if COPYLEFT.search(licence(package))}
    assert "pycountry" in copyleft
    assert {package for package in copyleft if package not in section} == set()
