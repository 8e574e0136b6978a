"""Two versions side by side: what they learnt, under which structure, how well they do, and what they cost."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from greenlightning.errors import GreenLightningError
from greenlightning.evaluation.comparison import Comparison
from tasks.core.constants import SCORES, Alias, Params, SharedParam, Tag
from tasks.core.energy_cost import EnergyCost
from tasks.core.settings import Deciding
from tasks.data.batch_files import read_content
from tasks.data.versioning import checkout
from tasks.models import registry
from tasks.models.holdouts import holdout_for
from tasks.tracking.client import connect
from tasks.tracking.run_energy import avoided_by, spent_by, whole_cost
from tasks.training.scoring import answers_of, compared, evaluation_of, scores

if TYPE_CHECKING:
    from greenlightning.model import GreenLightningModel
    from tasks.models.registry import VersionInfo


@dataclass(frozen=True)
class VersionSide:
    """One version: its scores, the rows of each batch (None where its ledger is missing), structure and energy."""

    version: int
    aliases: tuple[str, ...]
    created: str
    made_by: str
    decision: str
    scores: Mapping[str, float]
    rows: int
    batches: Mapping[str, int | None]
    structure: Mapping[str, str]
    spent: EnergyCost | None
    whole: EnergyCost | None
    avoided: EnergyCost | None


@dataclass(frozen=True)
class VersionComparison:
    """Versions ``a`` and ``b``; ``paired`` holds b against a, row by row, on the holdout ``scored_on``.

    Where a model cannot be loaded, ``paired`` is None, ``unpaired`` says why, and the scores are those that each
    version's own run logged.
    """

    dataset: str
    a: VersionSide
    b: VersionSide
    scored_on: str
    paired: Comparison | None
    unpaired: str

    @property
    def only_a(self) -> dict[str, int | None]:
        """Batches that a alone learnt, with their rows."""
        return {name: rows for name, rows in self.a.batches.items() if name not in self.b.batches}

    @property
    def only_b(self) -> dict[str, int | None]:
        """Batches that b alone learnt, with their rows."""
        return {name: rows for name, rows in self.b.batches.items() if name not in self.a.batches}

    @property
    def both(self) -> dict[str, int | None]:
        """Batches that both learnt, with their rows."""
        return {name: rows for name, rows in self.a.batches.items() if name in self.b.batches}

    def differences(self) -> dict[str, float]:
        """Each score of b minus that of a."""
        return {
            name: self.b.scores[name] - value for name, value in self.a.scores.items() if name in self.b.scores
        }


def compare_versions(dataset: str, a: int | Alias, b: int | Alias, deciding: Deciding) -> VersionComparison:
    """Compare version ``b`` with version ``a``; raises NothingServedError where there is no such version."""
    infos = [registry.version(dataset, number) for number in (a, b)]
    try:
        models = [registry.load(dataset, info.version) for info in infos]
        rows = read_content(checkout(holdout := holdout_for(max(infos, key=lambda info: info.version))))
    except GreenLightningError as error:
        left, right = (_side(info, None, {}) for info in infos)
        return VersionComparison(dataset, left, right, "the holdout of each version's own run", None, str(error))
    answers = [answers_of(model, rows.inputs(model.encoder), rows.y) for model in models]
    found = [scores(evaluation_of(one)) for one in answers]
    left, right = (_side(*each) for each in zip(infos, models, found, strict=True))
    paired = compared(deciding, answers[1], answers[0])
    return VersionComparison(dataset, left, right, f"holdout {holdout.id}, {holdout.rows} rows", paired, "")


def _side(info: "VersionInfo", model: "GreenLightningModel | None", found: Mapping[str, float]) -> VersionSide:
    run = connect().get_run(info.run_id)
    logged = {str(name): run.data.metrics[name] for name in SCORES if name in run.data.metrics}
    learnt: dict[str, int | None] = dict.fromkeys(info.batches)
    if model is not None:
        learnt = {name: entry.rows for name, entry in model.ledger.entries.items()}
    return VersionSide(
        version=info.version,
        aliases=info.aliases,
        created=info.created,
        made_by=info.tags.get(Tag.KIND, ""),
        decision=info.tags.get(Tag.DECISION, ""),
        scores=found or logged,
        rows=int(info.tags[Tag.ROWS]),
        batches=learnt,
        structure=_structure(info, model, run.data.params),
        spent=spent_by(run),
        whole=whole_cost(run),
        avoided=avoided_by(run),
    )


def _structure(
    info: "VersionInfo", model: "GreenLightningModel | None", params: Mapping[str, str]
) -> dict[str, str]:
    """Digests and settings of the version, as far as its run and its files hold them."""
    features, recipe = params.get(SharedParam.FEATURES, ""), params.get(f"{Params.MODEL}recipe", "")
    facts = {
        "structure": info.tags[Tag.STRUCTURE_DIGEST],
        "recipe": info.tags[Tag.RECIPE_DIGEST],
        "statistics": info.tags[Tag.STATISTICS_DIGEST],
        "gates": params.get(f"{Params.MODEL}hidden_layer_sizes", ""),
        "path features": f"{features} {recipe}".strip(),
        "feature bits": params.get(f"{Params.MODEL}feature_bits", ""),
        "alpha": info.tags[Tag.ALPHA],
    }
    if model is not None and (history := model.structure.history) is not None:
        facts["settling"] = f"{history.ending} after {history.epochs} epochs"
    return {name: value for name, value in facts.items() if value}
