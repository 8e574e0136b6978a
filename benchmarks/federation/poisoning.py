"""What attackers do to a federation's sum, and how much of it leaving one out undoes.

``GREENLIGHTNING_DATASETS=../shared/data python -m benchmarks.federation.poisoning``

Protocol: twenty sites with equal shares of the learning rows; a fifth of the base judges the screening, another
fifth, which nothing else sees, gives the accuracies. Attackers shift labels (each is called the next one), do so
and count themselves ten times (scaling), or send sums with the signs of ``B`` turned. Prints a Markdown table,
and writes ``benchmarks/results/poisoning.json``.
"""

import json
from dataclasses import replace
from statistics import mean

import numpy as np
from numpy.typing import NDArray

from benchmarks.core.records import RESULTS
from greenlightning import GreenLightningClassifier
from greenlightning.data.batch import Batch
from greenlightning.data.datasets import load
from greenlightning.errors import MismatchError
from greenlightning.federation import Contribution, combine
from greenlightning.federation.poison import screen_by_leaving_out
from greenlightning.linear.screening import screen
from greenlightning.linear.statistics import Statistics
from greenlightning.model import GreenLightningModel

SITES, SHARES, SEEDS, TIMES = 20, (0.0, 0.1, 0.2, 0.4), (0, 1, 2), 10
DATASETS, ATTACKS = ("digits", "letter"), ("label flip", "scaling", "sign flip")
Rows = NDArray[np.generic]


def poisoned(sound: Statistics, wrong: Statistics, attack: str) -> Statistics:
    """What an attacker sends instead of sound sums; ``wrong`` are those with shifted labels."""
    if attack == "sign flip":
        return replace(sound, B=-sound.B)
    return sum([wrong] * (TIMES - 1), wrong) if attack == "scaling" else wrong


def sent(empty: GreenLightningModel, X: Rows, y: Rows, attackers: int, attack: str) -> list[Contribution]:
    """The contributions of all sites that the checks of every message let in."""
    labels, found = np.unique(y), []
    for number, rows in enumerate(np.array_split(np.arange(len(y)), SITES)):
        batch = Batch(X[rows], y[rows])
        statistics = empty.collect(batch.X, batch.y)
        if number < attackers:
            shifted = labels[(np.searchsorted(labels, batch.y) + 1) % len(labels)]
            statistics = poisoned(statistics, empty.collect(batch.X, shifted), attack)
        try:
            screen(statistics, f"site {number}")
        except MismatchError:
            continue
        found.append(Contribution(f"site {number}", f"key {number}", batch.id, None, statistics))
    return found


def measured(dataset: str, seed: int) -> list[dict[str, object]]:
    """Accuracies of one set and seed, for each attack and share."""
    data = load(dataset)
    order = np.random.default_rng(seed).permutation(len(data.X_train))
    X, y = data.X_train[order], data.y_train[order]
    base, judge, test = (round(len(y) * share) for share in (0.3, 0.6, 0.8))
    network = GreenLightningClassifier(paths="synthetic", n_landmarks=512, n_random_features=0, random_state=seed)
    learnt = network.fit(X[:base], y[:base]).model_
    empty, found = GreenLightningModel.empty(learnt.paths, learnt.alpha), []
    for attack in ATTACKS:
        for share in SHARES:
            sites = sent(empty, X[base:judge], y[base:judge], round(SITES * share), attack)
            kept = screen_by_leaving_out(empty, sites, X[judge:test], y[judge:test])
            plain, screened = (
                float(np.mean(combine(empty, ones).predict(X[test:]) == y[test:])) for ones in (sites, kept.kept)
            )
            about = {"dataset": dataset, "seed": seed, "attack": attack, "share": share}
            numbers = {"refused": SITES - len(sites), "removed": len(kept.removed)}
            found.append(about | numbers | {"plain": plain, "screened": screened})
            print(found[-1], flush=True)
    return found


def main() -> None:
    """Measure, print and write."""
    found = [one for dataset in DATASETS for seed in SEEDS for one in measured(dataset, seed)]
    (RESULTS / "poisoning.json").write_text(json.dumps(found, indent=1))
    print("| set | attack | attackers | all that pass the checks | less those left out | refused | left out |")
    print("|---|---|---|---|---|---|---|")
    for dataset in DATASETS:
        for attack in ATTACKS:
            for share in SHARES:
                key = {"dataset": dataset, "attack": attack, "share": share}
                cells = [one for one in found if key.items() <= one.items()]
                plain, screened, refused, removed = (
                    mean(float(str(one[name])) for one in cells)
                    for name in ("plain", "screened", "refused", "removed")
                )
                line = f"| {dataset} | {attack} | {share:.0%} | {plain:.3f} | {screened:.3f} |"
                print(f"{line} {refused:.1f} | {removed:.1f} |")


if __name__ == "__main__":
    main()
