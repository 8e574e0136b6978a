"""Text of users that can do nothing where it is shown."""

import pandas as pd

from tasks.core.templates import inert
from tasks.validation.pages.tags import frame_without_tags, with_tags, without_tags


def test_control_characters_become_visible_and_nothing_else_changes() -> None:
    assert inert("a\tb\nc ümläut 表 😀") == "a\tb\nc ümläut 表 😀"
    assert inert("\x1b[31m\x00\x07\x9b\u202e\u2028") == "\ufffd[31m" + "\ufffd" * 5


def test_tags_become_angles_and_come_back() -> None:
    tag = "<script>alert(1)</script>"
    assert without_tags(tag) == "‹script›alert(1)‹/script›"
    assert with_tags(without_tags(tag)) == tag
    assert without_tags({"column": tag, "set": [tag, 1, None]}) == {
        "column": without_tags(tag),
        "set": [without_tags(tag), 1, None],
    }


def test_a_frame_has_no_tags_in_names_and_cells() -> None:
    frame = frame_without_tags(pd.DataFrame({"<b>": ["<i>", "x"], "n": [1, 2]}))
    assert frame.to_dict("list") == {"‹b›": ["‹i›", "x"], "n": [1, 2]}
    assert frame["n"].dtype == "int64"
