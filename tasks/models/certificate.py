"""The certificate of a forgotten batch: the statistics before and after, and what was made with it before."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from greenlightning.data.counted import counted
from tasks.core.constants import Tag
from tasks.models.version_info import VersionInfo
from tasks.tracking.client import artifact_uri, connect

if TYPE_CHECKING:
    from greenlightning.model import GreenLightningModel

FILE = "certificate.json"


class Certificate(BaseModel):
    """What a version kept of a batch that it forgot; every digest is a SHA-256."""

    model_config = ConfigDict(frozen=True)

    dataset: str
    batch: str
    replaced_version: int
    statistics_before: str
    statistics_after: str = Field(description="of the sums of the rows that are left")
    batches_left: tuple[str, ...]
    rows_left: int
    structure: str
    recipe: str
    made_with_batch: tuple[str, ...] = Field(description="frozen parts that the batch helped to make")

    @classmethod
    def of(cls, model: "GreenLightningModel", parent: VersionInfo, batch: str) -> "Certificate":
        """The certificate of a ``model`` that replaces the version ``parent``, without ``batch``."""
        return cls(
            dataset=parent.dataset,
            batch=batch,
            replaced_version=parent.version,
            statistics_before=parent.tags[Tag.STATISTICS_DIGEST],
            statistics_after=model.statistics.digest,
            batches_left=tuple(sorted(model.ledger)),
            rows_left=model.statistics.n,
            structure=model.structure.digest,
            recipe=model.paths.digest,
            made_with_batch=model.remembered_by(batch),
        )

    @property
    def lines(self) -> tuple[str, str]:
        """What is left of the batch, and the digests that prove it."""
        count = counted(len(self.batches_left), "batch")
        digests = (
            f"Statistics {self.statistics_before[:16]} became {self.statistics_after[:16]}, "
            f"the exact sums of the {counted(self.rows_left, 'row')} of {count} that are left (certificate.json)"
        )
        return self._left, digests

    @property
    def _left(self) -> str:
        if not self.made_with_batch:
            return f"Batch {self.batch} is forgotten without trace: neither structure nor recipe was made from it."
        return (
            f"The linear part has forgotten batch {self.batch} exactly, but the "
            f"{' and the '.join(self.made_with_batch)} were made with it; "
            "forget --strict makes them again without it."
        )


def certificates(
    model: "GreenLightningModel", parent: VersionInfo | None, batches: Iterable[str]
) -> list[Certificate]:
    """The certificates of a ``model`` that replaces ``parent``: one for each of the ``batches`` it forgot."""
    return [Certificate.of(model, parent, batch) for batch in batches] if parent else []


def certificate_of(run_id: str) -> Certificate:
    """The certificate that the run of a forgetting has stored."""
    from mlflow.artifacts import load_dict

    return Certificate.model_validate(load_dict(artifact_uri(run_id, FILE)))


def log_certificate(run_id: str, certificate: Certificate) -> None:
    """Store a certificate with the run that forgot the batch."""
    connect().log_dict(run_id, certificate.model_dump(), FILE)
