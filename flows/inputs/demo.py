"""The data sets that the demonstration knows, each with the number of its batches."""

from greenlightning.errors import InputError

BATCHES = {"digits": 2, "fashion-mnist": 10}


def check_demo(dataset: str) -> None:
    """Raise InputError where there is no demonstration on this data set."""
    if dataset not in BATCHES:
        raise InputError(f"There is no demo on {dataset!r}", f"Choose one of {', '.join(BATCHES)}")
