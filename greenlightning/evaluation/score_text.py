"""A score in words: neither an exponent nor digits that nobody reads."""

WHOLE_UNITS, TINY = 1_000, 0.001


def score_text(value: float, how: str = ".4f") -> str:
    """Write a score as the format says, a large one in whole units and a tiny one by its first digits.

    Examples
    --------
    >>> score_text(12057781.49), score_text(0.5), score_text(0.000021), score_text(-40713.2, "+.3g")
    ('12,057,781', '0.5000', '2.1e-05', '-40,713')
    """
    if abs(value) >= WHOLE_UNITS:
        return f"{value:{'+' if how.startswith('+') else ''},.0f}"
    return f"{value:.3g}" if 0 < value < TINY else f"{value:{how}}"
