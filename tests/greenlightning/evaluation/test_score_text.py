"""Scores are written so that they can be read."""

import pytest

from greenlightning.evaluation.score_text import score_text


@pytest.mark.parametrize(
    ("value", "how", "text"),
    [
        (0.0, ".4f", "0.0000"),
        (0.97316, ".4f", "0.9732"),
        (999.94, ".4g", "999.9"),
        (12_057_781.49, ".4g", "12,057,781"),
        (-40_713.2, "+.3g", "-40,713"),
        (40_713.2, "+.3g", "+40,713"),
        (0.000021, ".4f", "2.1e-05"),
        (-0.00004, "+.4f", "-0.0000"),
    ],
)
def test_large_scores_are_whole_and_tiny_ones_keep_their_digits(value: float, how: str, text: str) -> None:
    assert score_text(value, how) == text
