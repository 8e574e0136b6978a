"""Other recipes for a federation than the default: what they give on rows of the coordinator, and what they cost.

``GREENLIGHTNING_DATASETS=../shared/data python -m benchmarks.federation.recipes --seeds 0 1 2``

Protocol: the setting of ``benchmarks.federation.study``, Fashion-MNIST and 100 sites at Dirichlet 0.01. Structure
and recipe are made of four fifths of the coordinator's rows, and the rows of all sites are learnt; the last fifth
judges, and test rows take no part. Bytes are the publication and the mean message of ten sites. It prints the
table and writes ``benchmarks/results/recipes-fashion-mnist.jsonl``.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from statistics import mean
from typing import Any

import numpy as np
import torch

from benchmarks.core.machine import remember
from benchmarks.core.records import Record, Records, latest, library_version, select
from benchmarks.federation.study.ours import Terms, message_bytes
from benchmarks.federation.study.plan import HEADLINE
from benchmarks.federation.study.setting import Setting
from benchmarks.federation.study.sites import divide

PART, JUDGES, WEIGHED = "recipes", 5, 10
RECIPES: dict[str, dict[str, Any]] = {
    "default": {},
    "36 epochs": {"max_epochs": 36},
    "gates 512, 256, 256": {"hidden_layer_sizes": (512, 256, 256)},
    "512 landmarks, 1,024 random": {"n_landmarks": 512, "n_random_features": 1_024},
    "1,024 landmarks, 512 random": {"n_landmarks": 1_024, "n_random_features": 512},
    "1,024 landmarks, 1,024 random": {"n_landmarks": 1_024, "n_random_features": 1_024},
}


def measured(setting: Setting, recipe: dict[str, Any]) -> Record:
    """Accuracy on the coordinator's last rows, features, and bytes for each site."""
    kept = len(setting.y_base) * (JUDGES - 1) // JUDGES
    own = replace(setting, X_base=setting.X_base[:kept], y_base=setting.y_base[:kept])
    terms = Terms.of(own, paths="synthetic", **recipe)
    judged = terms.central.predict(setting.X_base[kept:]) == setting.y_base[kept:]
    sites = divide(setting.y, *HEADLINE[1:], setting.seed)[:WEIGHED]
    return {
        "accuracy": float(np.mean(judged)),
        "features": terms.published.paths.n_features_out,
        "publication_bytes": terms.publication_bytes,
        "message_bytes": mean(message_bytes(setting, sites, terms)),
    }


def table() -> list[str]:
    """The lines of the table of what is measured."""
    records = latest(PART)
    lines = []
    for name in RECIPES:
        if found := select(records, recipe=name):
            accuracy = [one["accuracy"] for one in found]
            features = sorted({one["features"] for one in found})
            sent = mean(one["publication_bytes"] + one["message_bytes"] for one in found) / 1e3
            spread = f"{mean(accuracy):.4f} ({min(accuracy):.4f} to {max(accuracy):.4f})"
            lines.append(f"| {name} | {' or '.join(f'{one:,}' for one in features)} | {spread} | {sent:,.0f} |")
    return ["| recipe | features | accuracy, mean (range) | kB a site |", "|---|---|---|---|", *lines]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what the records lack, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.federation.recipes", description=__doc__)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    records = Records(PART, library_version(), remember())
    for seed in options.seeds:
        setting = Setting.of(HEADLINE[0], seed)
        for name, recipe in RECIPES.items():
            cell = {"dataset": HEADLINE[0], "seed": seed, "recipe": name}
            if not records.has(**cell):
                records.add(cell, measured(setting, recipe))
    print("\n".join(table()))


if __name__ == "__main__":
    main()
