"""Text without tags, for the pages of Great Expectations: they escape in some places and not in others."""

from typing import Any

import pandas as pd

from tasks.core.templates import inert

TAGS, ANGLES = "<>", "‹›"


def without_tags(value: Any) -> Any:
    """Text, or text in lists and dictionaries, with angles in place of the characters that begin and end tags.

    For pages of others that escape in some places and not in others; ``with_tags`` turns it back.
    """
    if isinstance(value, str):
        return inert(value).translate(str.maketrans(TAGS, ANGLES))
    if isinstance(value, list | tuple):
        return [without_tags(one) for one in value]
    if isinstance(value, dict):
        return {key: without_tags(one) for key, one in value.items()}
    return value


def with_tags(text: str) -> str:
    """The text that ``without_tags`` was given."""
    return text.translate(str.maketrans(ANGLES, TAGS))


def frame_without_tags(frame: pd.DataFrame) -> pd.DataFrame:
    """A frame whose names and cells hold no tags."""
    made = frame.copy(deep=False)
    for name, column in frame.items():
        if column.dtype.kind not in "biufM":
            made[name] = column.map(without_tags)
    return made.rename(columns=without_tags)
