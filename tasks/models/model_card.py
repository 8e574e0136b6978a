"""The model card: what a version learnt, how well it does, what it cost, and what it must not be used for."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tasks.core.constants import Metric, Tag
from tasks.data.batch_index import BatchRef, batches
from tasks.tracking.run_notes import plain, scores_table, table

if TYPE_CHECKING:
    from mlflow.entities import Run

    from greenlightning.model import GreenLightningModel

CELL = 60
SHOWN_BATCHES = 12
"""Batches that a card lists; MLflow keeps 5,000 characters of a description."""

CARD = """\
{headline}

{decision}: {reason}

## How well it does
{scores}

On the holdout `{holdout}`: {holdout_rows:,} rows that no version ever learnt.

## What it learnt
{ledger}

{rows:,} rows of {classes} classes in {columns} columns. The whole ledger is the artifact `artifacts/ledger.json`.

## Structure
{structure}

The same structure, recipe, ledger and ridge strength give the same model, to the bit.

## What it cost
{energy}

Joules by the source stated; the energy of a network anew is that of the structure phase, by rows.

## Intended use
Labels for samples like those of its batches, with the same columns in the same units.
It serves from MLflow as `models:/{dataset}@champion`.

## Limits
- The structure was extracted from {seen} and stays frozen: classes or shifts that it never saw are separated by
  gates that were made without them.
- Probabilities come from least squares (`docs/decisions/0004-probabilities.md`): read the calibration error above.
- The scores are those of the holdout; data that moved away from it may fare worse.
{memory}
"""

MODEL = """\
Models of the dataset **{dataset}**: one frozen structure, exact statistics, a linear solve a version.

| alias | serves |
|---|---|
| `champion` | what `models:/{dataset}@champion` loads |
| `challenger` | the candidate that was not shown good enough |
| `previous` | the champion before; `greenlightning rollback --dataset {dataset} --reason WHY` brings it back |

Each version's description is its model card: data, structure, scores beside the champion, energy, limits.
Two side by side: `greenlightning compare previous champion --dataset {dataset}`. All over time:
`greenlightning report --dataset {dataset}`.
"""


def model_description(dataset: str) -> str:
    """Markdown description of a registered model."""
    return MODEL.format(dataset=dataset)


def model_card(
    dataset: str,
    model: "GreenLightningModel",
    holdout: BatchRef,
    run: "Run",
    reason: str,
    forgotten: Sequence[str] = (),
) -> str:
    """Markdown card of a model, with what its ``run`` has logged: scores beside the champion's, and energy."""
    tags, metrics = run.data.tags, run.data.metrics
    seen = len(model.structure.seen)
    return CARD.format(
        dataset=dataset,
        headline=_headline(model, metrics, tags),
        decision=tags[Tag.DECISION].capitalize(),
        reason=plain(reason),
        holdout=holdout.id,
        holdout_rows=holdout.rows,
        scores=scores_table(metrics),
        rows=model.statistics.n,
        classes=len(model.classes),
        columns=model.structure.n_features_in,
        ledger=_ledger(dataset, model),
        structure=_structure(model, metrics),
        energy=_energy(metrics, tags),
        seen=f"{seen} batch{'' if seen == 1 else 'es'}" if seen else "data outside the ledger",
        memory="".join(f"- {forgetting_note(model, batch)}\n" for batch in forgotten),
    )


def _headline(model: "GreenLightningModel", metrics: Mapping[str, float], tags: Mapping[str, str]) -> str:
    """One line in plain words: MLflow's list of versions shows the first line of each description."""
    parent = tags.get(Tag.PARENT_VERSION)
    made = f"{tags[Tag.KIND]} on version {parent}" if parent else tags[Tag.KIND]
    said = f"{made}: {model.statistics.n:,} rows in {len(model.ledger)} batch(es)"
    if Metric.ACCURACY in metrics:
        said += f", accuracy {metrics[Metric.ACCURACY]:.4f}"
    return f"{said}, {metrics[Metric.JOULES]:.3g} J"


def _ledger(dataset: str, model: "GreenLightningModel") -> str:
    """The newest batches of the ledger, in landed order, those of sites last."""
    known = {ref.id: ref for ref in batches(dataset)}
    order = {name: number for number, name in enumerate(known)}
    entries = sorted(model.ledger.entries.items(), key=lambda entry: (order.get(entry[0], len(order)), entry[0]))
    rows = [["batch", "rows", "from", "used for"]]
    if earlier := entries[:-SHOWN_BATCHES]:
        learnt = sum(entry.rows for _, entry in earlier)
        rows.append([f"{len(earlier):,} earlier", f"{learnt:,}", "", ""])
    for name, entry in entries[-SHOWN_BATCHES:]:
        source = f"site {entry.site}" if entry.site else known[name].source if name in known else "unknown"
        role = " and ".join(model.remembered_by(name))
        rows.append(
            [f"`{name}`", f"{entry.rows:,}", _cell(source), f"{role}, statistics" if role else "statistics"]
        )
    return table(rows)


def _structure(model: "GreenLightningModel", metrics: Mapping[str, float]) -> str:
    history, paths = model.structure.history, model.paths
    told = "taken as given"
    if history is not None:
        last = f"{history.records[-1].flip_rate:.2%} of the gates flipped in the last" if history.records else ""
        told = f"{'settled' if history.settled else 'unsettled'} after {history.epochs} epochs ({last})"
    rows = [
        ["", ""],
        ["gates", "-".join(map(str, model.structure.hidden_layer_sizes)) + f", {told}"],
        ["structure", f"`{model.structure.digest[:12]}`"],
        ["path features", f"{paths.n_features_out:,} ({paths.kind}), {paths.feature_bits} bits"],
        ["ridge strength", f"{model.alpha:g}"],
        ["statistics", f"`{model.statistics.digest[:12]}`"],
    ]
    if (saturated := metrics.get(Metric.SATURATION_RATE)) is not None:
        rows.append(["health", f"{saturated:.2%} of the new values beyond a frozen scale"])
    return table(rows)


def _energy(metrics: Mapping[str, float], tags: Mapping[str, str]) -> str:
    rows = [["", "J", "s", "g CO2e", "how it is known"]]
    for told, ending, tag in (
        ("this run", "", Tag.ENERGY_SOURCE),
        ("avoided, against a network anew", "_avoided", Tag.ENERGY_AVOIDED_SOURCE),
    ):
        numbers = [metrics.get(f"{name}{ending}") for name in (Metric.JOULES, Metric.SECONDS, Metric.GCO2E)]
        if None not in numbers:
            rows.append([told, *(f"{number:.3g}" for number in numbers), f"`{tags.get(tag, 'unknown')}`"])
    return table(rows)


def _cell(text: str) -> str:
    """``text`` inside a Markdown table, cut to a length that a name should not need."""
    return f"{text[:CELL]}{'…' if text[CELL:] else ''}".replace("|", "\\|").replace("\n", " ")


def forgetting_note(model: "GreenLightningModel", batch: str) -> str:
    """One honest line on what a forgotten batch has left behind in the frozen parts."""
    parts = " and the ".join(model.remembered_by(batch))
    if not parts:
        return f"Batch {batch} is forgotten without trace: neither structure nor recipe ever saw it."
    return (
        f"Batch {batch} is forgotten by the linear part exactly, but it helped to make the {parts}; "
        "`forget --strict` extracts them anew without it."
    )
