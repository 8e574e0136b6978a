"""How often Python looks for garbage."""

import gc

THRESHOLDS = (100_000, 50, 100)


def collect_rarely() -> None:
    """Let the collector look through objects seldom: imports make a million of them, and all stay.

    Python's own thresholds take a fifth of a command's processor time.
    """
    gc.set_threshold(*THRESHOLDS)
