"""Jinja templates, compiled once a process, and how each of our HTML pages begins."""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Template

HEAD = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
"""


@cache
def template(source: str, *filters: Callable[..., str]) -> "Template":
    """The template: every value is escaped; ``filters`` go by their names."""
    from jinja2 import Environment

    made = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    made.filters |= {each.__name__: each for each in filters}
    return made.from_string(source)
