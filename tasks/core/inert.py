"""Text of users that can do nothing where it is shown: no control of the terminal, no markup of pages."""

import re
from typing import Any

import pandas as pd

CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""Control characters but tab and line feed, and those that turn the direction of writing."""
TAGS, ANGLES = "<>", "‹›"


def inert(text: str) -> str:
    """The text with a replacement character for each that would control a terminal."""
    return CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


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
