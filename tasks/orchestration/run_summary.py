"""What MLflow knows of a run, in the form that its page in Prefect's dashboard shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tasks.core.constants import SCORES, Metric, Subject, Tag
from tasks.data.batch_index import pointer_path, read_pointer
from tasks.data.validation_page import PAGE, VALIDATION
from tasks.orchestration.dashboards import Dashboards
from tasks.tracking.client import connect

SETTLING = "settling.png"


@dataclass(frozen=True)
class ScorePair:
    """A score of challenger and champion side by side; the champion's is None where none served."""

    name: str
    challenger: float
    champion: float | None

    @property
    def difference(self) -> float | None:
        """Challenger minus champion."""
        return None if self.champion is None else self.challenger - self.champion


@dataclass(frozen=True)
class BatchSummary:
    """A batch that a run learnt: its rows, the file it came from, its validation page where MLflow serves it."""

    batch: str
    rows: int
    source: str
    page: str | None


@dataclass(frozen=True)
class RunSummary:
    """Metrics and tags of one MLflow run, and where the dashboards show it."""

    experiment: str
    run_id: str
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    dashboards: Dashboards

    @classmethod
    def of(cls, run_id: str) -> "RunSummary":
        """Read them from MLflow."""
        run = connect().get_run(run_id)
        return cls(run.info.experiment_id, run_id, run.data.metrics, run.data.tags, Dashboards.current())

    @property
    def link(self) -> str | None:
        """The run's page, where MLflow serves one."""
        return self.dashboards.mlflow_run(self.experiment, self.run_id)

    @property
    def settled(self) -> bool:
        """Whether the run trained a structure, and so watched it settle."""
        return Metric.EPOCHS in self.metrics

    @property
    def parent(self) -> str | None:
        """The version that the run's model was made from, and compared with."""
        return self.tags.get(Tag.PARENT_VERSION)

    @property
    def compared(self) -> list[ScorePair]:
        """The scores on the holdout, and the accuracy on the rows held back from the new batches."""
        places = (
            ("on the holdout", Subject.CANDIDATE, Subject.CHAMPION),
            ("on rows held back", Subject.CANDIDATE_FRESH, Subject.CHAMPION_FRESH),
        )
        return [
            ScorePair(
                f"{score} {where}",
                self.metrics[f"{ours}{score}"],
                self.metrics.get(f"{theirs}{score}"),
            )
            for where, ours, theirs in places
            for score in SCORES
            if f"{ours}{score}" in self.metrics
        ]

    @property
    def interval(self) -> tuple[float, float, float] | None:
        """The difference's 95 % interval on the holdout, and the margin it is held against."""
        names = (Metric.GATE_LOWER, Metric.GATE_UPPER, Metric.GATE_MARGIN)
        found = [self.metrics[name] for name in names if name in self.metrics]
        return (found[0], found[1], found[2]) if len(found) == len(names) else None

    def learnt(self, dataset: str, rows: Mapping[str, int]) -> list[BatchSummary]:
        """The batches of ``rows``, with what their pointers and the run's tags say of them."""
        return [
            BatchSummary(batch, count, source_of(dataset, batch), self.page(f"{VALIDATION}/{batch}/{PAGE}"))
            for batch, count in rows.items()
        ]

    def page(self, path: str) -> str | None:
        """The page of a file that the run logged, where MLflow serves one."""
        return self.dashboards.mlflow_artifact(self.experiment, self.run_id, path)


def source_of(dataset: str, batch: str) -> str:
    """The file that a batch came from; for one that only a site has, that it does."""
    ref = read_pointer(pointer_path(dataset, batch), dataset)
    return ref.source if ref else "at a site"


def settling_picture(run_id: str) -> bytes | None:
    """The settling curve that a run logged, as PNG; None where it trained no structure."""
    client = connect()
    if SETTLING not in {file.path for file in client.list_artifacts(run_id)}:
        return None
    with TemporaryDirectory() as folder:
        return Path(client.download_artifacts(run_id, SETTLING, folder)).read_bytes()
