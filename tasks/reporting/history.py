"""The history of a dataset: every version with the results its run logged, and the baselines on the same rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasks.core.constants import Kind, Metric, SharedParam, Tag
from tasks.core.energy_cost import EnergyCost
from tasks.energy.from_scratch import from_scratch, measured
from tasks.models import registry
from tasks.tracking.client import connect, experiment_id
from tasks.tracking.run_energy import spent_by, whole_cost

if TYPE_CHECKING:
    from mlflow.entities import Run

CONVENTIONAL = "conventional"


@dataclass(frozen=True)
class MethodResult:
    """Accuracy on the holdout, or R² of real targets, and cost; None where the run logged none."""

    accuracy: float | None
    spent: EnergyCost | None
    r2: float | None = None

    @property
    def score(self) -> float | None:
        """The accuracy, or R² of real targets."""
        return self.r2 if self.accuracy is None else self.accuracy


@dataclass(frozen=True)
class HistoryEntry:
    """A version: how it was made, rows, results, and the results of its baselines (``references``) by method.

    ``scratch`` estimates what training a network from scratch costs, and ``whole`` is what the whole run spent.
    ``prequential`` is the accuracy, or R², of the stream up to it, each batch predicted before it was learnt.
    """

    version: int
    made_by: str
    created: str
    decision: str
    served: bool
    rows: int
    ours: MethodResult
    scratch: EnergyCost | None
    references: Mapping[str, MethodResult]
    prequential: float | None = None
    whole: EnergyCost | None = None

    @property
    def conventional(self) -> EnergyCost | None:
        """Cost of conventional training on the same rows: measured where it stands beside, else ``scratch``."""
        reference = self.references.get(CONVENTIONAL)
        return measured(reference.spent) if reference and reference.spent else self.scratch

    @property
    def avoided(self) -> EnergyCost | None:
        """What a retraining avoided of that, as far as it is known."""
        if not self.retraining or self.conventional is None or self.ours.spent is None:
            return None
        return self.conventional.less(self.ours.spent)

    @property
    def score_name(self) -> str:
        """What its scores are: accuracy, or R² of real targets."""
        return "accuracy" if self.ours.r2 is None else "R²"

    @property
    def retraining(self) -> bool:
        """Whether the version was made from an earlier one, and not trained from scratch."""
        return self.made_by != Kind.TRAIN and self.ours.spent is not None


def history_of(dataset: str) -> list[HistoryEntry]:
    """All versions of the dataset, the oldest first; reads MLflow alone, and all runs at once."""
    runs: dict[str, Run] = {}
    references: dict[int, dict[str, MethodResult]] = {}
    for run in _finished_runs(dataset):
        runs[run.info.run_id] = run
        if run.data.tags.get(Tag.KIND) == Kind.REFERENCE:
            found = references.setdefault(int(run.data.tags[Tag.VERSION]), {})
            found.setdefault(run.data.params.get(SharedParam.METHOD, "reference"), _result(run))
    infos = reversed(registry.versions(dataset))
    return [_entry(info, runs.get(info.run_id), references.get(info.version, {})) for info in infos]


def _finished_runs(dataset: str) -> "list[Run]":
    """The finished runs that belong to a version, the newest first."""
    import mlflow

    connect()
    wanted = f"tags.`{Tag.VERSION}` LIKE '%' AND attributes.status = 'FINISHED'"
    return list(mlflow.search_runs([experiment_id(dataset)], wanted, output_format="list"))


def _result(run: "Run") -> MethodResult:
    metrics = run.data.metrics
    return MethodResult(metrics.get(Metric.ACCURACY), spent_by(run), metrics.get(Metric.R2))


def _entry(info: registry.VersionInfo, run: "Run | None", references: Mapping[str, MethodResult]) -> HistoryEntry:
    return HistoryEntry(
        version=info.version,
        made_by=info.tags.get(Tag.KIND, ""),
        created=info.created,
        decision=info.tags.get(Tag.DECISION, ""),
        served=Tag.PROMOTED_AT in info.tags,
        rows=int(info.tags[Tag.ROWS]),
        ours=_result(run) if run else MethodResult(None, None),
        scratch=from_scratch(info.tags, int(info.tags[Tag.ROWS])),
        whole=whole_cost(run) if run else None,
        prequential=info.prequential.mean.get(Metric.ACCURACY, info.prequential.mean.get(Metric.R2)),
        references=references,
    )
