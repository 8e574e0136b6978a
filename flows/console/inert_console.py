"""A console on which text of users cannot control the terminal."""

from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.segment import Segment

from tasks.core.templates import inert


class InertConsole(Console):
    """Rich's console; control characters in what it prints become visible, its own colours and cursor stay."""

    def render(self, *what: Any, **options: Any) -> Iterable[Segment]:
        """The segments of something, their text without control characters."""
        for segment in super().render(*what, **options):
            yield segment if segment.control else segment._replace(text=inert(segment.text))


out = InertConsole()
"""Where commands print their results."""
