"""Each decision has a number, a date and a status, and the index repeats them."""

import re
from pathlib import Path

DECISIONS = Path(__file__).resolve().parents[2] / "docs" / "decisions"
HEAD = re.compile(
    r"# (?P<number>\d{4}): (?P<title>.+)\n\n- Date: (?P<date>\d{4}-\d\d-\d\d)\n- Status: (?P<status>.+)\n"
)
STATUS = re.compile(
    r"Proposed|Accepted|Superseded by \[\d{4}\]\(\S+\)|Accepted; .+ superseded by \[\d{4}\]\(\S+\)"
)


def test_every_decision_has_a_head_and_is_listed_with_it_in_the_index() -> None:
    listed = re.findall(r"^\| \[\d{4}\].*$", (DECISIONS / "README.md").read_text(), re.MULTILINE)
    expected = []
    for page in sorted(DECISIONS.glob("0*.md")):
        head = HEAD.match(page.read_text())
        assert head, f"{page.name} does not start with number, title, date and status"
        assert page.name.startswith(head["number"]) and STATUS.fullmatch(head["status"]), page.name
        expected.append(
            f"| [{head['number']}]({page.name}) | {head['title']} | {head['date']} | {head['status']} |"
        )
    assert listed == expected


def test_every_decision_says_what_was_decided() -> None:
    for page in DECISIONS.glob("0*.md"):
        assert "\n## Decision\n" in page.read_text(), page.name
