"""Every name that MLflow stores is documented in docs/metrics.md, and every documented name exists."""

import re
from pathlib import Path

from tasks.core.constants import Alias, Metric, Params, SharedParam, Subject, Tag
from tasks.tracking.study_runs import LINE

METRICS_PAGE = Path(__file__).resolve().parents[3] / "docs" / "metrics.md"


def test_the_page_of_names_and_the_names_agree() -> None:
    documented: dict[str, list[str]] = {}
    for section in METRICS_PAGE.read_text().split("\n## ")[1:]:
        title = section.splitlines()[0]
        documented[title] = re.findall(r"^\| (?:`([^`]+)`|\(none\)) \|", section, flags=re.MULTILINE)
    assert documented == {
        "What every run that makes a model has": [],
        "Metrics": [*Metric],
        "Prefixes of scores": [*Subject],
        "Shared parameters": [*SharedParam],
        "Prefixes of parameters": [*Params],
        "Tags": [*Tag],
        "Aliases": [*Alias],
        "The study": [LINE],
    }
