"""A trained model offered for publication, with everything that its version will record."""

import json
from dataclasses import dataclass

from greenlightning.evaluation.comparison import Decision
from greenlightning.evaluation.prequential import Prequential
from tasks.core.constants import AGED_TAG, FORGOTTEN_TAG, HELD_BACK_TAG, KEPT, Tag
from tasks.core.energy_cost import EnergyCost
from tasks.data.batch_index import BatchRef
from tasks.energy.from_scratch import NetworkRate, from_scratch
from tasks.models.version_info import VersionInfo, batch_tags
from tasks.quarantine.records import QuarantinedBatch
from tasks.scheduling.training_rate import inherited_rate, rate_tags
from tasks.tracking.metrics import rows_metrics
from tasks.training.evaluation import EvaluationResult
from tasks.training.health import BatchHealth
from tasks.training.prequential import continued
from tasks.training.structure import ExtractedStructure, TrainingResult
from tasks.validation.expectations import Expectations


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """What a run trained, how it scored, and the champion that it would replace.

    A first training has ``extracted`` a structure; every other run builds on ``parent`` and inherits its
    structure, its health reference and what a row of conventional training costs.
    """

    dataset: str
    run_id: str
    parent: VersionInfo | None
    trained: TrainingResult
    evaluated: EvaluationResult
    decision: Decision
    holdout: BatchRef
    expectations: Expectations
    extracted: ExtractedStructure | None = None
    health: BatchHealth | None = None
    quarantined: tuple[QuarantinedBatch, ...] = ()
    forgotten: tuple[str, ...] = ()

    @property
    def spent(self) -> EnergyCost:
        """What all steps of the run spent together."""
        extraction = self.extracted.spent if self.extracted else EnergyCost()
        health = self.health.spent if self.health else EnergyCost()
        return extraction + self.trained.spent + self.evaluated.spent + health

    @property
    def avoided(self) -> EnergyCost | None:
        """What training a network from scratch would have spent beyond it, as far as that is known.

        None for a first training, which trains from scratch itself.
        """
        if self.extracted or self.parent is None:
            return None
        scratch = from_scratch(self.parent.tags, self.trained.rows_known)
        return scratch.less(self.spent) if scratch else None

    @property
    def _network(self) -> NetworkRate | None:
        """What a conventional network spends: measured by a training, else known since the parent's."""
        if self.extracted:
            return self.extracted.network
        return NetworkRate.of(self.parent.tags) if self.parent else None

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know about structure health, the training and the scores."""
        return (*(self.health.notes if self.health else ()), *self.trained.notes, *self.findings)

    @property
    def findings(self) -> tuple[str, ...]:
        """What was found in the scores, one line each."""
        return (*self.evaluated.findings, *self.trained.findings)

    @property
    def prequential(self) -> Prequential:
        """The scores of the stream so far, each batch predicted before it was learnt."""
        return continued(self.parent, self.trained.predicted)

    @property
    def metrics(self) -> dict[str, float]:
        """How many rows and batches the run learnt and opened."""
        return rows_metrics(self.trained.rows, self.trained.rows_touched, len(self.quarantined))

    @property
    def tags(self) -> dict[str, str]:
        """The tags of its version: the decision, its parent, and the batches forgotten, aged or held back."""
        tags: dict[str, str] = {
            Tag.DECISION: "promoted" if self.decision.promote else KEPT,
            Tag.REASON: self.decision.reason,
            Tag.HOLDOUT: self.holdout.id,
        }
        if self.findings:
            tags[Tag.FINDINGS] = "; ".join(self.findings)
        if self.prequential.rows:
            tags[Tag.PREQUENTIAL] = json.dumps(self.prequential.to_dict())
        if rate := self._network:
            tags |= rate.tags
        if self.extracted:
            tags |= rate_tags(self.extracted.spent, self.extracted.rows)
        elif self.parent:
            tags |= inherited_rate(self.parent)
        if self.parent:
            tags[Tag.PARENT_VERSION] = str(self.parent.version)
        return tags | self._batch_tags

    @property
    def _batch_tags(self) -> dict[str, str]:
        """The batches that this version and its ancestors forgot, let go with age, or lost to a rollback."""
        parent = self.parent
        gone = {*self.forgotten, *(parent.forgotten if parent else ())}
        return (
            batch_tags(HELD_BACK_TAG, parent.held_back if parent else {})
            | batch_tags(AGED_TAG, (parent.aged if parent else {}) | self.trained.released)
            | batch_tags(FORGOTTEN_TAG, dict.fromkeys(gone, "true"))
        )
