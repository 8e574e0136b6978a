"""The model card: what a version learnt, how well it does, what it cost, and what it must not be used for."""

from collections.abc import Mapping, Sequence

from greenlightning.model import GreenLightningModel
from tasks.pointers import BatchRef
from tasks.spending import Spent

CARD = """\
# {dataset}

**Decision:** {reason}.

| | |
|---|---|
| learnt | {rows:,} rows in {batches} batches, {classes} classes |
| structure | `{structure}`, gates {sizes}, {settled} |
| path features | {features:,} {recipe}, {bits} bits, ridge strength {alpha:g} |
| statistics | `{statistics}` |
| holdout | `{holdout}`, {holdout_rows:,} rows, never learnt |
| accuracy, macro-F1, log-loss | {accuracy:.4f}, {macro_f1:.4f}, {log_loss:.4f} |
| this run spent | {joules:.1f} J, {seconds:.2f} s, {gco2e:.4f} g CO2e ({source}) |

**Intended use:** samples like those of its batches, with the same columns. **Limits:** the structure was
extracted from {base} batch(es) and stays frozen, so classes or shifts it never saw are separated by gates that
were made without them. Probabilities come from least squares, see `docs/decisions/0004-probabilities.md`.
{memory}
"""


def model_card(
    dataset: str,
    model: GreenLightningModel,
    holdout: BatchRef,
    scores: Mapping[str, float],
    spent: Spent,
    reason: str,
    forgotten: Sequence[str] = (),
) -> str:
    """Markdown card of a model."""
    history = model.structure.history
    told = (
        "taken as given"
        if history is None
        else f"{'settled' if history.settled else 'unsettled'} after {history.epochs} epochs"
    )
    return CARD.format(
        dataset=dataset,
        reason=reason,
        rows=model.statistics.n,
        batches=len(model.ledger),
        classes=len(model.classes),
        structure=model.structure.digest[:12],
        sizes="-".join(map(str, model.structure.hidden_layer_sizes)),
        settled=told,
        features=model.paths.n_features_out,
        recipe=model.paths.kind,
        bits=model.paths.feature_bits,
        alpha=model.alpha,
        statistics=model.statistics.digest[:12],
        holdout=holdout.id,
        holdout_rows=holdout.rows,
        joules=spent.joules,
        seconds=spent.seconds,
        gco2e=spent.gco2e,
        source=spent.source,
        base=len(model.structure.seen),
        memory="\n".join(f"\n{remembered(model, batch)}" for batch in forgotten),
        **scores,
    )


def remembered(model: GreenLightningModel, batch: str) -> str:
    """One honest line on what a forgotten batch has left behind in the frozen parts."""
    parts = " and the ".join(model.remembered_by(batch))
    if not parts:
        return f"Batch {batch} is forgotten without trace: neither structure nor recipe ever saw it."
    return (
        f"Batch {batch} is forgotten by the linear part exactly, but it helped to make the {parts}; "
        "`forget --strict` extracts them anew without it."
    )
