"""Names of runs by what they did, made and learnt, such as "retrain v3, slanted.parquet"."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tasks.core.constants import Tag
from tasks.tracking.client import connect
from tasks.tracking.inputs import files_of

if TYPE_CHECKING:
    from mlflow.entities import Run

NAMED_FILES = 2


def name_after_version(run: "Run", version: int) -> None:
    """Name a run after the version that it made, and tag it with all files that it learnt."""
    files = files_of(run)
    client = connect()
    client.set_tag(run.info.run_id, Tag.BATCH_FILES, ", ".join(files))
    client.update_run(run.info.run_id, name=run_name(run.data.tags[Tag.KIND], version, files))


def run_name(kind: str, version: int, files: Sequence[str]) -> str:
    """The name of a run that made ``version`` of ``files``; it names two of them, and counts the others."""
    more = [f"{len(files) - NAMED_FILES} more"] if len(files) > NAMED_FILES else []
    return ", ".join([f"{kind} v{version}", *files[:NAMED_FILES], *more])
