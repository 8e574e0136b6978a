"""The HTML page of a validation: readable offline, in light and dark."""

from pathlib import Path
from typing import Any

from tasks.core.templates import render
from tasks.core.workspace import Workspace, checked_name
from tasks.validation.pages.tags import with_tags

PAGE = "validation.html"
VALIDATION = "validation"
"""Folder of the validation pages among a run's artifacts."""

LONGEST_LIST = 5


def render_validation(**content: Any) -> str:
    """The page of one validation as HTML; every value is escaped."""
    return render("validation.html", **content)


def observed(result: dict[str, Any]) -> str:
    """What Great Expectations observed, from one expectation of its ``describe_dict()``."""
    found = result.get("result", {})
    if "unexpected_count" in found:
        return f"{found['unexpected_count']} unexpected of {found['element_count']}"
    value = found.get("observed_value", "")
    if isinstance(value, list) and len(value) > LONGEST_LIST:
        return f"{len(value)} values"
    return with_tags(str(value))


def validation_page(dataset: str, batch: str) -> Path:
    """The file of a batch's validation page, whether it exists or not."""
    return Workspace.current().data_docs / checked_name(dataset) / batch / PAGE
