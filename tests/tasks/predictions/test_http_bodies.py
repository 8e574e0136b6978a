"""Bodies of requests and refusals: any dialect becomes plain CSV, and a refusal repeats nothing that was sent."""

import pytest

from greenlightning.errors import InputError
from tasks.predictions.http_bodies import LONGEST, one_line, plain_csv


@pytest.mark.parametrize(
    "text", ["a;b\n1,5;x\n2,5;y\n", "a\tb\n1.5\tx\n2.5\ty\n", "a,b\n1.5,x\n2.5,y\n", '"a";"b"\n1.5;"x"\n2.5;"y"\n']
)
def test_each_dialect_becomes_plain_csv(text: str) -> None:
    assert plain_csv(text.encode(), ["a", "b"]) == b"a,b\n1.5,x\n2.5,y\n"


def test_a_column_of_the_model_is_kept_where_it_looks_like_an_index() -> None:
    text = b"index,b\n0,5\n1,6\n"
    assert plain_csv(text, ["index"]) == text


def test_a_row_without_a_value_between_others_is_answered_too() -> None:
    assert plain_csv(b"a,b\n1,x\n,\n2,y\n", ["a", "b"]) == b"a,b\n1.0,x\n,\n2.0,y\n"


def test_a_body_that_is_no_table_is_refused() -> None:
    with pytest.raises(InputError, match="Row 2 of the request has 1 cell, its header 2"):
        plain_csv(b"a,b\n1,2\n3\n", [])


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("Failed to predict data '  a\n0 1'. \nError: No a. Give it.", "No a. Give it."),
        (
            "Failed to predict data ''. \nError: Failed to enforce schema of data 'a' with schema ''. Error: No b",
            "No b",
        ),
        ("Failed to parse. Error: 'x'. Input: \n{\n", "Failed to parse. Error: 'x'"),
        ("Something\nelse", "Something else"),
    ],
)
def test_a_message_loses_what_was_sent_and_is_one_line(message: str, line: str) -> None:
    assert one_line(message) == line
    assert len(one_line("x" * 10_000)) == LONGEST + 1
