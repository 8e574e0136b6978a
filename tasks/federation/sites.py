"""A site of a federation: it sums its own rows under a published recipe, and signs the sums."""

from contextlib import nullcontext
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Literal

from greenlightning.errors import InputError, MismatchError
from tasks.core.steps import task
from tasks.core.workspace import checked_name
from tasks.data.batch_index import BatchRef
from tasks.data.holdout import Learnable
from tasks.data.ingestion import site_content
from tasks.data.pointers.repository import md5_of
from tasks.data.reading import DETECTED, Reading
from tasks.data.schemas import frozen_schema
from tasks.federation.dask_engine import dask_engine
from tasks.federation.large_tables import Engine, in_this_process, sum_table, table_of
from tasks.federation.sending import Sending, workspace_key
from tasks.models import registry

if TYPE_CHECKING:
    from greenlightning.data.batch import Batch
    from greenlightning.federation import Message
    from greenlightning.model import GreenLightningModel

Runner = Literal["local", "dask"]


def contribute_rows(
    path: Path,
    sending: Sending,
    reading: Reading = DETECTED,
    runner: Runner = "local",
    scheduler: str | None = None,
) -> tuple["Message", int]:
    """Sum the rows of a file or of a folder of Parquet files; the signed message, and how many rows."""
    if path.is_dir() or path.suffix == ".dvc":
        with nullcontext(in_this_process) if runner == "local" else dask_engine(scheduler) as engine:
            return contribute_table(path, sending, engine)
    if runner == "dask":
        raise InputError(
            "Dask sums a folder of Parquet files", f"Name one, or sum {path.name} with --runner local"
        )
    return contribute_file(path, sending, reading)


def contribute_file(path: Path, sending: Sending, reading: Reading = DETECTED) -> tuple["Message", int]:
    """Sum the rows of one file, with noise where that is asked for, and sign the sums."""
    from greenlightning.data.batch import Batch
    from greenlightning.federation import contribute

    published = published_model(sending.publication)
    assert published.encoder is not None
    content, batch_id = site_content(path, published.encoder.schema, reading)
    batch = Batch(content.inputs(published.encoder), content.y, batch_id)
    if sending.privacy:
        return _with_noise(published, batch, sending), batch.rows
    about: dict[str, Any] = {"site": sending.site, "fewest_rows": sending.fewest_rows, "md5": md5_of(path)}
    return contribute(published, batch, sending.folder, workspace_key(), **about), batch.rows


def _with_noise(published: "GreenLightningModel", batch: "Batch", sending: Sending) -> "Message":
    """Sign noised sums under a name drawn at random: the hash of its rows would tell whoever has them."""
    from greenlightning.federation import sign_sums
    from greenlightning.federation.contribution import check_rows
    from greenlightning.federation.messages import empty_folder
    from greenlightning.federation.privacy import private_sums

    assert sending.privacy is not None
    check_rows(batch.rows, sending.fewest_rows)
    sums, noise = private_sums(published, batch.X, batch.y, sending.privacy)
    folder, name = empty_folder(sending.folder), token_hex(8)
    return sign_sums(sums, folder, workspace_key(), site=sending.site, batch=name, noise=noise)


def contribute_table(path: Path, sending: Sending, engine: Engine) -> tuple["Message", int]:
    """Sum a folder of Parquet files as one batch, wherever ``engine`` does, and sign the sums."""
    from greenlightning.federation import sign_sums
    from greenlightning.federation.contribution import check_rows
    from greenlightning.federation.messages import empty_folder

    if sending.privacy:
        raise InputError("Noise is for the rows of one file", "Name a file, or leave --epsilon out")
    published, table = published_model(sending.publication), table_of(path)
    folder = empty_folder(sending.folder)
    sums = sum_table(published, sending.publication, table, engine)
    check_rows(sums.n, sending.fewest_rows)
    about: dict[str, Any] = {"site": sending.site, "batch": table.id, "md5": table.md5}
    return sign_sums(sums, folder, workspace_key(), **about), sums.n


def published_model(publication: Path) -> "GreenLightningModel":
    """The model of a publication; MismatchError where it does not say how to read a file."""
    from greenlightning.federation import read_publication

    published = read_publication(publication)
    if published.encoder is None:
        raise MismatchError(
            f"{publication} does not say how to read a file", "Ask the coordinator to publish again"
        )
    return published


@task(task_run_name="statistics of site {site}", persist_result=False)
def site_statistics(
    site: str,
    path: Path,
    parent: registry.VersionInfo,
    holdout: BatchRef,
    folder: Path,
    reading: Reading = DETECTED,
) -> Path:
    """Compute a site's statistics under the champion's structure and save them to send; no sample leaves it."""
    from greenlightning.federation import SigningKey, contribute

    sent = folder / "sites" / checked_name(site, "site")
    champion = registry.load_version(parent)
    content, batch_id = site_content(path, frozen_schema(parent.dataset, champion.encoder), reading)
    batch = Learnable(holdout, champion.encoder).rows(content, batch_id)
    if batch.rows == 0:
        raise InputError(f"Site {site} has no row to learn", "Give a file with rows outside the holdout")
    try:
        contribute(champion, batch, sent, SigningKey.generate(), site=site, fewest_rows=1, md5=md5_of(path))
    except InputError as error:
        raise InputError(f"Site {site}: {error.cause}", error.remedy) from error
    return sent
