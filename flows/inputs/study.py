"""What the study may be asked for; its code lies in the checkout, beside the pipeline."""

from collections.abc import Sequence

from greenlightning.errors import InputError
from tasks.core.environment import CHECKOUT

EXPERIMENTS = "settling", "retraining", "keeping-up", "weight-decay", "budgets", "transformer"
DATASETS = "digits", "letter", "fashion-mnist"
SEEDS = 0, 1, 2, 3, 4


def check_study(experiments: Sequence[str], datasets: Sequence[str]) -> None:
    """Raise InputError on an experiment or set that there is not, or where the experiments are not installed."""
    for what, given, known in (("experiment", experiments, EXPERIMENTS), ("dataset", datasets, DATASETS)):
        for name in given:
            if name not in known:
                raise InputError(f"The study has no {what} {name!r}", f"Choose among {', '.join(known)}")
    if not (CHECKOUT / "benchmarks" / "study").is_dir():
        raise InputError(
            "The experiments of the study are not part of this installation",
            "Run it from a checkout: see README.md",
        )
