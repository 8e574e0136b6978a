"""The plan of each setting, chosen on a fifth of the training rows of a split that is never tested on."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from benchmarks.heads.settings import Setting
from benchmarks.heads.ways import Plan, Predict, conventional, descended, n_parameters, solved
from greenlightning.data.splits import split_rows

TUNING_SEED = 100
RATES, EPOCHS = (2e-3, 5e-3), (5, 10, 20)
SIZES = (128, 256, 512, 1_024)
DESCENTS = ((0.05, 5), (0.05, 10))
ALIKE = 0.005


def tuned(setting: Setting) -> tuple[Plan, Plan, Plan]:
    """Plans at equal parameters (solved, by gradients), and the smallest that is as accurate as the MLP head."""
    rows, _ = setting.split(TUNING_SEED)
    X, y = setting.X[rows], setting.y[rows]
    kept, held = split_rows(y, 0.2, TUNING_SEED)

    def score(predict: Predict) -> float:
        return float(np.mean(predict(X[held]) == y[held]))

    def tried(way: object, plans: Iterable[Plan]) -> dict[Plan, float]:
        return {plan: score(way(X[kept], y[kept], plan, TUNING_SEED)) for plan in plans}  # type: ignore[operator]

    heads = tried(conventional, (Plan(rate=rate, epochs=epochs) for epochs in EPOCHS for rate in RATES))
    plan = _cheapest(heads, max(heads.values()))
    accuracy = heads[plan]
    k = int(y.max()) + 1
    equal = n_parameters(X.shape[1], k) // k
    kinds = [replace(plan, kind="explicit", features=equal)]
    kinds += [replace(plan, kind="landmarks", features=equal)] if equal <= len(kept) // 2 else []
    solutions = tried(solved, kinds) if len(kinds) > 1 else dict.fromkeys(kinds, accuracy)
    at_equal = max(solutions, key=solutions.__getitem__)
    rates = tried(descended, (replace(kinds[0], descent_rate=r, descent_epochs=n) for r, n in DESCENTS))
    ladder = [replace(plan, kind="landmarks", features=size) for size in SIZES if size <= len(kept) // 2]
    alike = _cheapest(found := tried(solved, ladder), min(accuracy, max(found.values())))
    print(setting.name, "tuned:", plan, accuracy, solutions, rates, found, sep="\n  ", flush=True)
    return at_equal, _cheapest(rates, max(rates.values())), alike


def _cheapest(found: dict[Plan, float], goal: float) -> Plan:
    """The first plan, as they are ordered by cost, that is within half a point of the goal."""
    return next(plan for plan, accuracy in found.items() if accuracy >= goal - ALIKE)
