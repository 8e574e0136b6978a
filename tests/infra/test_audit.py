"""An audit that could not ask says so, and does not pass."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.audit import verdict

SOUND = {"name": "a", "version": "1", "vulns": []}
SKIPPED = {"name": "b", "skip_reason": "Dependency not found on PyPI and could not be audited"}
FAULTY = {"name": "c", "version": "2", "vulns": [{"id": "CVE-1"}]}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([SOUND], (0, "No known vulnerability in 1 packages.")),
        ([SOUND, SKIPPED], (3, "Not audited: no answer about 1 of 2 packages (b).")),
        ([SOUND, SKIPPED, FAULTY], (1, "Vulnerable: c 2 (CVE-1).")),
    ],
)
def test_the_verdict_counts_what_was_not_answered(
    found: list[dict[str, Any]], expected: tuple[int, str], tmp_path: Path
) -> None:
    file = tmp_path / "audit.json"
    file.write_text(json.dumps({"dependencies": found}))
    assert verdict(file) == expected


def test_no_answer_at_all_is_no_audit(tmp_path: Path) -> None:
    assert verdict(tmp_path / "audit.json")[0] == 3
