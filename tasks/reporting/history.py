"""The history of a dataset: every version as its own run saw it, and the references on the same rows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tasks.core.constants import Kind, Metric, SharedParam, Tag
from tasks.core.energy_cost import EnergyCost
from tasks.models import registry
from tasks.tracking.client import connect, experiment_id
from tasks.tracking.run_energy import avoided_by, spent_by

if TYPE_CHECKING:
    from mlflow.entities import Run

PAGE = 1000
CONVENTIONAL = "conventional"


@dataclass(frozen=True)
class MethodResult:
    """Accuracy on the holdout and what it cost, None where the run logged none."""

    accuracy: float | None
    spent: EnergyCost | None


@dataclass(frozen=True)
class HistoryEntry:
    """A version: how it was made, from how many rows, how well it did, and the references by their method."""

    version: int
    made_by: str
    created: str
    decision: str
    served: bool
    rows: int
    ours: MethodResult
    avoided: EnergyCost | None
    references: Mapping[str, MethodResult]

    @property
    def conventional(self) -> EnergyCost | None:
        """A conventional training on the same rows: as a reference measured it, else ours and what it avoided."""
        reference = self.references.get(CONVENTIONAL)
        if reference and reference.spent:
            return reference.spent
        if self.ours.spent is None or self.avoided is None:
            return None
        both = self.ours.spent + self.avoided
        return EnergyCost(both.seconds, both.joules, both.gco2e, self.avoided.source)

    @property
    def retraining(self) -> bool:
        """Whether it kept a structure that was there, and what the conventional way costs is known."""
        return self.made_by != Kind.TRAIN and self.ours.spent is not None and self.conventional is not None


def history_of(dataset: str) -> list[HistoryEntry]:
    """All versions of the dataset, the oldest first; reads MLflow alone, and all runs in one go."""
    made: dict[str, Run] = {}
    references: dict[int, dict[str, MethodResult]] = {}
    for run in _runs(dataset):
        made[run.info.run_id] = run
        if run.data.tags.get(Tag.KIND) == Kind.REFERENCE:
            beside = references.setdefault(int(run.data.tags[Tag.VERSION]), {})
            beside.setdefault(run.data.params.get(SharedParam.METHOD, "reference"), _measured(run))
    infos = reversed(registry.versions(dataset))
    return [_milestone(info, made.get(info.run_id), references.get(info.version, {})) for info in infos]


def _runs(dataset: str) -> "Iterator[Run]":
    """The finished runs that a version stands beside, the newest first."""
    client, experiment = connect(), experiment_id(dataset)
    wanted = f"tags.`{Tag.VERSION}` LIKE '%' AND attributes.status = 'FINISHED'"
    token: Any = None
    while True:
        page = client.search_runs([experiment], wanted, max_results=PAGE, page_token=token)
        yield from page
        if not (token := page.token):
            return


def _measured(run: "Run") -> MethodResult:
    return MethodResult(run.data.metrics.get(Metric.ACCURACY), spent_by(run))


def _milestone(
    info: registry.VersionInfo, run: "Run | None", references: Mapping[str, MethodResult]
) -> HistoryEntry:
    return HistoryEntry(
        version=info.version,
        made_by=info.tags.get(Tag.KIND, ""),
        created=info.created,
        decision=info.tags.get(Tag.DECISION, ""),
        served=Tag.PROMOTED_AT in info.tags,
        rows=int(info.tags[Tag.ROWS]),
        ours=_measured(run) if run else MethodResult(None, None),
        avoided=avoided_by(run) if run else None,
        references=references,
    )
