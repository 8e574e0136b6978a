"""Fault points: a named moment after each durable step, where a test lets the process die or the disk fail.

Off unless the environment variable ``GREENLIGHTNING_FAULT`` names one: the process is killed there, or, with an
error's name as in ``pushed:ENOSPC``, that system error is raised.
"""

import errno
import os
import signal
from enum import StrEnum

VARIABLE = "GREENLIGHTNING_FAULT"


class Fault(StrEnum):
    """The durable steps, in their order."""

    LANDED = "landed"
    COPIED = "copied"
    ADDED = "added"
    DESCRIBED = "described"
    PUSHED = "pushed"
    REASON_WRITTEN = "reason written"
    REFERENCE_INHERITED = "reference inherited"
    FILES_LOGGED = "files logged"
    MODEL_LOGGED = "model logged"
    REGISTERED = "registered"
    PROMOTION_DATED = "promotion dated"
    PROMOTION_AUDITED = "promotion audited"
    PREVIOUS_SET = "previous set"
    CHAMPION_SET = "champion set"
    PROMOTION_RECORDED = "promotion recorded"
    FILES_SHARED = "files shared"
    PARAMS_LOGGED = "params logged"
    LINEAGE_LOGGED = "lineage logged"
    PRUNING_MARKED = "pruning marked"
    STATISTICS_DELETED = "statistics deleted"


def reached(fault: Fault) -> None:
    """Do what the environment asks for at this point; nothing by default."""
    name, _, error = os.environ.get(VARIABLE, "").partition(":")
    if name == fault:
        strike(error)


def strike(error: str) -> None:
    """Kill this process, or raise the named system error."""
    if error:
        number = getattr(errno, error)
        raise OSError(number, os.strerror(number))
    os.kill(os.getpid(), signal.SIGKILL)
