"""How often Python looks for garbage."""

import atexit
import gc

THRESHOLDS = (100_000, 50, 100)


def collect_rarely() -> None:
    """Let the collector look through objects seldom: imports make a million of them, and all stay.

    Python's own thresholds take a fifth of a command's processor time. At its end Python would look through all
    objects again, several times, before it frees them with the process: two seconds after everything is imported.
    """
    gc.set_threshold(*THRESHOLDS)
    atexit.register(gc.freeze)
