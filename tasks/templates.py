"""Jinja templates, compiled once a process."""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Template


@cache
def template(source: str, *filters: Callable[..., str]) -> "Template":
    """The template: every value is escaped; ``filters`` go by their names."""
    from jinja2 import Environment

    made = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    made.filters |= {each.__name__: each for each in filters}
    return made.from_string(source)
