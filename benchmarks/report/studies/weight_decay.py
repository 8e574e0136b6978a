"""Tables of the weight decays: early gates under each, whether they tell the end, and what was chosen by them."""

import numpy as np

from benchmarks.core.records import Record, select
from benchmarks.report.tables import table
from benchmarks.study.decay import Interval
from greenlightning.structure.weight_decay import PROBE_EPOCHS, from_band

PREDICTORS = {
    "OUI, pairs": "oui",
    "OUI, nearness to the band": "band",
    "OUI, batch": "oui_batch",
    "firing rate": "firing_rate",
    "accuracy of the network then": "validation_accuracy",
}
CHOSEN = "oui"


def generated(records: list[Record]) -> str:
    """All tables."""
    sections = [
        (f"Early gates and final accuracy, by weight decay (early: after epoch {PROBE_EPOCHS})", grid(records)),
        ("Rank correlation of early signs with final accuracy, over the grid", correlations(records)),
        ('`weight_decay="oui"` beside none', choice(records)),
    ]
    return "\n\n".join(f"## {title}\n\n{body}" for title, body in sections)


def early(run: Record, sign: str) -> float:
    """A sign after the epochs of a probe."""
    if sign == "band":
        return -from_band(early(run, "oui"))
    values = run["epochs"][sign]
    return float(values[min(PROBE_EPOCHS, len(values)) - 1])


def grid(records: list[Record]) -> str:
    """Means over the seeds, one row a decay."""
    rows = []
    for dataset, decay in dict.fromkeys((r["dataset"], r["decay"]) for r in records if r["decay"] != CHOSEN):
        runs = select(records, dataset=dataset, decay=decay)
        signs = [np.mean([early(run, sign) for run in runs]) for sign in PREDICTORS.values() if sign != "band"]
        ends = [run["epochs"]["validation_accuracy"][-1] for run in runs]
        scores = [np.mean(ends), *(np.mean([run[key] for run in runs]) for key in ("held", "test"))]
        rows.append([dataset, f"{decay:g}", *(f"{s:.3f}" for s in signs), *(f"{s:.4f}" for s in scores)])
    head = ["OUI, pairs", "OUI, batch", "firing rate", "network then", "network at the end", "solved, held out"]
    return table(["set", "decay", *head, "solved, test"], rows)


def correlations(records: list[Record]) -> str:
    """Spearman's coefficient over the decays of one seed, as a mean over seeds with its interval."""
    rows = []
    for dataset in dict.fromkeys(record["dataset"] for record in records):
        mine = [run for run in select(records, dataset=dataset) if run["decay"] != CHOSEN]
        for name, sign in PREDICTORS.items():
            found = [_mean_correlation(mine, sign, end) for end in ("network", "held")]
            rows.append([dataset, name, *found, str(len(seeds_of(mine)))])
    return table(["set", f"after epoch {PROBE_EPOCHS}", "network at the end", "solved, held out", "seeds"], rows)


def _mean_correlation(records: list[Record], sign: str, end: str) -> str:
    found = [correlation(records, seed, sign, end) for seed in seeds_of(records)]
    known = [each for each in found if each is not None]
    return Interval.of(known).text() if known else "n/a"


def correlation(records: list[Record], seed: int, sign: str, end: str) -> float | None:
    """Spearman's coefficient over the decays of a seed; None where one of the two never differs."""
    from scipy.stats import spearmanr

    runs = select(records, seed=seed)
    signs = [early(run, sign) for run in runs]
    ends = [run["epochs"]["validation_accuracy"][-1] if end == "network" else run[end] for run in runs]
    if len(set(signs)) < 2 or len(set(ends)) < 2:
        return None
    return float(spearmanr(signs, ends).statistic)


def choice(records: list[Record]) -> str:
    """What the band chose, beside no decay and the decay that is best on held-out rows, paired by seed."""
    rows = []
    for dataset in dict.fromkeys(record["dataset"] for record in records):
        mine = select(records, dataset=dataset)
        chosen = {run["seed"]: run for run in select(mine, decay=CHOSEN)}
        none = {run["seed"]: run for run in select(mine, decay=0.0)}
        seeds = sorted(chosen.keys() & none.keys())
        if not seeds:
            continue
        decays = ", ".join(f"{chosen[seed]['chosen']:g}" for seed in seeds)
        gaps = [
            Interval.of([100 * (chosen[seed][key] - none[seed][key]) for seed in seeds]).text()
            for key in ("held", "test")
        ]
        seconds = [np.mean([runs[seed]["processor_seconds"] for seed in seeds]) for runs in (chosen, none)]
        rows.append([dataset, decays, *gaps, ", ".join(f"{each:.2f}" for each in seconds), str(len(seeds))])
    head = ["set", "chosen, by seed", "held out: points gained", "test: points gained"]
    return table([*head, "processor seconds: with, without", "seeds"], rows)


def seeds_of(records: list[Record]) -> list[int]:
    """The seeds that were run."""
    return sorted({run["seed"] for run in records})
