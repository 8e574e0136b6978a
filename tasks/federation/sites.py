"""A site of a federation: it sums its own rows under a published recipe, and signs the sums."""

from contextlib import nullcontext
from dataclasses import dataclass
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
from tasks.federation.large_tables import Engine, in_this_process, is_table_of_files, sum_table, table_of
from tasks.federation.sending import Sending, workspace_key
from tasks.federation.site_rows import check_complete, oddities
from tasks.models import registry

if TYPE_CHECKING:
    from greenlightning.federation import Message
    from greenlightning.linear.statistics import Statistics
    from greenlightning.model import GreenLightningModel

Runner = Literal["local", "dask"]


@dataclass(frozen=True)
class Sent:
    """What a site has signed: the message, how many rows it sums, and what was noticed in reading them."""

    message: "Message"
    rows: int
    notes: tuple[str, ...] = ()


def contribute_rows(
    path: Path,
    sending: Sending,
    reading: Reading = DETECTED,
    runner: Runner = "local",
    scheduler: str | None = None,
) -> Sent:
    """Sum the rows of a file or of a folder of Parquet files, and sign the sums."""
    from greenlightning.federation.messages import empty_folder

    empty_folder(sending.folder)
    if is_table_of_files(path):
        with nullcontext(in_this_process) if runner == "local" else dask_engine(scheduler) as engine:
            return contribute_table(path, sending, engine)
    if runner == "dask":
        raise InputError(
            "Dask sums a folder of Parquet files", f"Name one, or sum {path.name} with --runner local"
        )
    return contribute_file(path, sending, reading)


def contribute_file(path: Path, sending: Sending, reading: Reading = DETECTED) -> Sent:
    """Sum the rows of one file, with noise where that is asked for, and sign the sums."""
    from greenlightning.federation.contribution import check_rows
    from greenlightning.federation.privacy import shortened_sums
    from greenlightning.federation.publication import known_labels

    published = published_model(sending.publication)
    assert published.encoder is not None
    content, batch, notes = site_content(path, published.encoder.schema, reading)
    check_rows(len(content.y), sending.fewest_rows)
    check_complete(content.frame, content.y, path.name)
    X = content.inputs(published.encoder)
    notes += tuple(oddities(content.frame, X, content.y, published, known_labels(sending.publication)))
    if sending.privacy:
        return Sent(_with_noise(shortened_sums(published, X, content.y), sending), len(content.y), notes)
    return Sent(_signed(published.collect(X, content.y), sending, batch, md5_of(path)), len(content.y), notes)


def contribute_table(path: Path, sending: Sending, engine: Engine) -> Sent:
    """Sum a folder of Parquet files as one batch, wherever ``engine`` does, and sign the sums."""
    from greenlightning.federation.contribution import check_rows

    published, table = published_model(sending.publication), table_of(path)
    sums = sum_table(published, sending.publication, table, engine, shorten=bool(sending.privacy))
    check_rows(sums.n, sending.fewest_rows)
    signed = _with_noise(sums, sending) if sending.privacy else _signed(sums, sending, table.id, table.md5)
    return Sent(signed, sums.n)


def _signed(sums: "Statistics", sending: Sending, batch: str, md5: str | None, **about: Any) -> "Message":
    from greenlightning.federation import sign_sums

    about |= {"site": sending.site, "batch": batch, "md5": md5}
    return sign_sums(sums, sending.folder, workspace_key(), **about)


def _with_noise(exact: "Statistics", sending: Sending) -> "Message":
    """Sign noised sums under a name drawn at random: the hash of its rows would tell whoever has them."""
    from greenlightning.federation.privacy import with_noise

    assert sending.privacy is not None
    sums, noise = with_noise(exact, sending.privacy)
    return _signed(sums, sending, token_hex(8), None, noise=noise)


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
    content, batch_id, _ = site_content(path, frozen_schema(parent.dataset, champion.encoder), reading)
    check_complete(content.frame, content.y, path.name)
    batch = Learnable(holdout, champion.encoder).rows(content, batch_id)
    if batch.rows == 0:
        raise InputError(f"Site {site} has no row to learn", "Give a file with rows outside the holdout")
    try:
        contribute(champion, batch, sent, SigningKey.generate(), site=site, fewest_rows=1, md5=md5_of(path))
    except InputError as error:
        raise InputError(f"Site {site}: {error.cause}", error.remedy) from error
    return sent
