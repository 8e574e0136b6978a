"""What MLflow knows of a run, as the run's page in Prefect's dashboard shows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from greenlightning.evaluation.score import Score
from tasks.core.constants import SCORES, Metric, Subject, Tag
from tasks.data.batch_index import known_batch
from tasks.orchestration.dashboards import Dashboards
from tasks.tracking.client import connect
from tasks.tracking.pages.run_notes import NAMES
from tasks.validation.pages.page import PAGE, VALIDATION

SETTLING = "settling.png"


@dataclass(frozen=True)
class ScorePair:
    """A score of challenger and champion; the champion's is None where no version served."""

    name: str
    challenger: float
    champion: float | None

    @property
    def difference(self) -> float | None:
        """Challenger minus champion."""
        return None if self.champion is None else self.challenger - self.champion


@dataclass(frozen=True)
class BatchSummary:
    """A batch that a run learnt: its rows, its source, and its validation page where MLflow serves it."""

    batch: str
    rows: int
    source: str
    page: str | None


@dataclass(frozen=True)
class RunSummary:
    """Metrics and tags of one MLflow run, and the dashboards that show it."""

    experiment: str
    run_id: str
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    dashboards: Dashboards

    @classmethod
    def of(cls, run_id: str) -> "RunSummary":
        """Read the summary of a run from MLflow."""
        run = connect().get_run(run_id)
        return cls(run.info.experiment_id, run_id, run.data.metrics, run.data.tags, Dashboards.current())

    @property
    def link(self) -> str | None:
        """The address of the run's page; None where MLflow serves none."""
        return self.dashboards.mlflow_run(self.experiment, self.run_id)

    @property
    def retrainings(self) -> str | None:
        """The address of the dataset's retrainings; None where MLflow serves none."""
        return self.dashboards.mlflow_retrainings(self.experiment)

    @property
    def trained_structure(self) -> bool:
        """Whether the run trained a structure, and so has a settling curve."""
        return Metric.EPOCHS in self.metrics

    @property
    def parent(self) -> str | None:
        """The version that the run's model was made from and compared with."""
        return self.tags.get(Tag.PARENT_VERSION)

    @property
    def compared(self) -> list[ScorePair]:
        """The scores on the holdout and on rows held back of new batches; of predictions, on labelled rows."""
        places = (
            ("on the holdout", Subject.CANDIDATE, Subject.CHAMPION),
            ("on rows held back", Subject.CANDIDATE_FRESH, Subject.CHAMPION_FRESH),
            ("on the rows that have a label", Subject.PREDICTED, Subject.CHAMPION),
        )
        return [
            ScorePair(
                f"{NAMES[score]} {where}",
                self.metrics[f"{ours}{score}"],
                self.metrics.get(f"{theirs}{score}"),
            )
            for where, ours, theirs in places
            for score in SCORES
            if f"{ours}{score}" in self.metrics
        ]

    @property
    def gate_score(self) -> Score:
        """The score that the gate compared."""
        return Score(self.tags.get(Tag.GATE_SCORE, Score.ACCURACY))

    @property
    def interval(self) -> tuple[float, float, float] | None:
        """The 95 % interval of the difference on the holdout, and the margin; None without a champion."""
        names = (Metric.GATE_LOWER, Metric.GATE_UPPER, Metric.GATE_MARGIN)
        found = [self.metrics[name] for name in names if name in self.metrics]
        return (found[0], found[1], found[2]) if len(found) == len(names) else None

    def learnt(self, dataset: str, rows: Mapping[str, int]) -> list[BatchSummary]:
        """Summaries of the batches in ``rows`` (batch to rows)."""
        return [
            BatchSummary(batch, count, source_of(dataset, batch), self.page(f"{VALIDATION}/{batch}/{PAGE}"))
            for batch, count in rows.items()
        ]

    def page(self, path: str) -> str | None:
        """The address of an artifact's page; None where MLflow serves none."""
        return self.dashboards.mlflow_artifact(self.experiment, self.run_id, path)


def source_of(dataset: str, batch: str) -> str:
    """The file that a batch came from; "at a site" for one whose rows never left their site."""
    ref = known_batch(dataset, batch)
    return ref.source if ref else "at a site"


def settling_picture(run_id: str) -> bytes | None:
    """The settling curve that a run logged, as PNG; None where it logged none."""
    client = connect()
    if SETTLING not in {file.path for file in client.list_artifacts(run_id)}:
        return None
    with TemporaryDirectory() as folder:
        return Path(client.download_artifacts(run_id, SETTLING, folder)).read_bytes()
