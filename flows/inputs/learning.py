"""What a command that learns is asked for: data, files and champion are there, before Prefect is imported."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from flows.inputs.retrain_request import RetrainRequest
from flows.inputs.start_limits import check_start
from flows.inputs.versions import champion_of, check_batches, check_learnt
from greenlightning.errors import InputError
from tasks.core.workspace import Workspace, checked_name
from tasks.data.batch_index import batches

if TYPE_CHECKING:
    from tasks.data.reading import Reading


MAKERS = {"publication": "publish", "contribution": "contribute", "profile": "profile"}
"""The command that makes each kind of message."""


def check_training(dataset: str, wanted: Iterable[str] | None) -> None:
    """Check that the dataset has batches to train on, those that are named among them, and a sound schema."""
    check_batches(dataset, wanted)
    if not batches(dataset) and not any(Workspace.current().incoming(dataset).glob("*.parquet")):
        raise no_batch(dataset)
    _check_schema(dataset)


def no_batch(dataset: str, because: str = "") -> InputError:
    """The error of a dataset that has nothing to train on."""
    return InputError(
        f"Dataset {dataset!r} has no batch to train on{because}",
        f"Bring one in with: greenlightning ingest FILE --dataset {dataset}",
    )


def check_retraining(dataset: str | None, request: RetrainRequest) -> None:
    """Check that the dataset has a champion and the batches that are named, and that the times make sense."""
    check_start(request.latest_start, request.carbon_source, request.jitter)
    if dataset is None:
        return
    champion_of(dataset)
    check_batches(dataset, request.selection.batches)
    _check_schema(dataset)


def _check_schema(dataset: str) -> None:
    from tasks.data.schemas import check_label, known_schema

    if schema := known_schema(dataset):
        check_label(dataset, schema)


def check_forgetting(dataset: str, batch: str) -> None:
    """Check that the champion learnt the batch, and others too."""
    check_batches(dataset, [batch])
    check_learnt(champion_of(dataset), batch)


def check_federation(dataset: str, sites: Mapping[str, Path], reading: "Reading") -> None:
    """Check that each site has a name and a file that can be read, and that there is a champion to add them to."""
    from tasks.data.reading import read_table
    from tasks.data.schemas import DECLARED, checked_table, read_options, schema_of

    for site in sites:
        checked_name(site, "site")
    champion_of(dataset)
    for path in sites.values():
        frame = read_table(path, read_options(dataset, DECLARED, reading.options())).frame
        checked_table(frame, schema_of(dataset), path.name)


def check_messages(folders: Iterable[Path], what: str) -> None:
    """Check that each folder is there and holds a signed message."""
    for folder in folders:
        if not (folder / "message.json").is_file():
            raise InputError(
                f"{folder} is no {what}: it has no message.json",
                f"Name the folder that greenlightning federation {MAKERS[what]} made",
            )
