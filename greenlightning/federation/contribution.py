"""What a site sends: the sums of one batch under the published recipe, signed. No row leaves the site."""

import platform
from collections.abc import Collection
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from greenlightning.data.batch import Batch
from greenlightning.data.files import checked_count, reading
from greenlightning.errors import InputError, MismatchError
from greenlightning.federation.keys import SigningKey
from greenlightning.federation.messages import (
    LARGEST_MESSAGE,
    Message,
    checked_text,
    empty_folder,
    read_message,
    received,
    sign_message,
)
from greenlightning.linear.screening import screen
from greenlightning.linear.statistics import Statistics
from greenlightning.linear.statistics_storage import load_statistics, save_statistics
from greenlightning.model import GreenLightningModel

KIND = "contribution"
FEWEST_ROWS = 20
"""A batch of few rows can be read back from its sums: of one row, ``B`` is the row's features themselves."""


@dataclass(frozen=True, eq=False)
class Contribution:
    """One batch of a site, as sums.

    Attributes
    ----------
    site : str
        Name of the site.
    sender : str
        Public key of the site.
    batch : str
        Name of the batch: a hash of its rows.
    md5 : str or None
        md5 of the file at the site.
    statistics : Statistics
        The sums.
    """

    site: str
    sender: str
    batch: str
    md5: str | None
    statistics: Statistics

    @property
    def rows(self) -> int:
        """Rows that were summed."""
        return self.statistics.n


def contribute(
    published: GreenLightningModel,
    batch: Batch,
    folder: Path,
    key: SigningKey,
    *,
    site: str,
    fewest_rows: int = FEWEST_ROWS,
    md5: str | None = None,
) -> Message:
    """Sum a batch under the published recipe, write the sums and sign them.

    Parameters
    ----------
    published : GreenLightningModel
        What ``read_publication`` returned.
    batch : Batch
        Inputs (n, d) and targets (n,), with a name.
    folder : Path
        An empty folder, or one to be made.
    key : SigningKey
        The site's.
    site : str
        Name of the site.
    fewest_rows : int, default=20
        Rows below which nothing is sent.
    md5 : str, optional
        md5 of the file that the batch was read from.

    Returns
    -------
    Message
        What was signed.

    Raises
    ------
    InputError
        Where the batch has too few rows, or the folder is not empty.
    """
    check_rows(batch.rows, fewest_rows)
    empty_folder(folder)
    statistics = published.collect(batch.X, batch.y)
    return sign_sums(statistics, folder, key, site=site, batch=batch.id, md5=md5)


def sign_sums(
    statistics: Statistics,
    folder: Path,
    key: SigningKey,
    *,
    site: str,
    batch: str,
    md5: str | None = None,
    noise: dict[str, Any] | None = None,
) -> Message:
    """Write sums that are computed already, and sign them.

    Parameters
    ----------
    statistics : Statistics
        The sums of the rows of ``batch``.
    folder : Path
        An empty folder.
    key : SigningKey
        The site's.
    site : str
        Name of the site.
    batch : str
        Name of the batch.
    md5 : str, optional
        md5 of the files that the batch was read from.
    noise : dict, optional
        What ``private_sums`` said of the noise.

    Returns
    -------
    Message
        What was signed.
    """
    save_statistics(statistics, folder, short=True)
    about = {
        "site": site,
        "batch": batch,
        "rows": statistics.n,
        "md5": md5,
        "structure": statistics.structure,
        "recipe": statistics.recipe,
        "statistics": statistics.digest,
        "software": f"greenlightning {version('greenlightning')}, Python {platform.python_version()}",
    }
    return sign_message(folder, KIND, about | ({"noise": noise} if noise else {}), key)


def check_rows(rows: int, fewest: int) -> None:
    """Raise InputError where sums are of too few rows to be sent."""
    if rows < fewest:
        raise InputError(
            f"The sums of {rows} rows would tell of single ones; {fewest} rows at least are sent",
            "Wait for more rows and send them together",
        )


def read_contribution(
    folder: Path,
    published: GreenLightningModel,
    trusted: Collection[str] | None = None,
    limit: int = LARGEST_MESSAGE,
) -> Contribution:
    """Verify what a site sent: signature, sizes, hashes, recipe, counts, and that the sums can be those of rows.

    Parameters
    ----------
    folder : Path
        Where it lies.
    published : GreenLightningModel
        The recipe that it must follow.
    trusted : collection of str, optional
        Public keys of the sites; any by default.
    limit : int
        Bytes, at most.

    Returns
    -------
    Contribution
        The sums, and whose they are.

    Raises
    ------
    IntegrityError
        Where a part is damaged or the signature does not hold.
    MismatchError
        Where it follows another recipe, the key is not trusted, counts do not match or the sums are impossible.
    """
    message = read_message(folder, KIND, trusted, limit)
    with received(), reading(folder):
        about = message.about
        site, batch, recipe = (checked_text(about, name) for name in ("site", "batch", "recipe"))
        md5, rows = about["md5"] and checked_text(about, "md5"), checked_count(about["rows"], "rows")
    if recipe != published.paths.digest:
        raise _other_recipe(site, recipe, published)
    with received():
        statistics = load_statistics(Statistics, folder, published.paths.n_features_out)
    expected = published.structure.digest, published.paths.digest, published.targets.digest
    if (statistics.structure, statistics.recipe, statistics.targets) != expected:
        raise _other_recipe(site, statistics.recipe, published)
    if rows != statistics.n or about.get("statistics") != statistics.digest:
        raise MismatchError(
            f"Site {site} says {rows:,} rows, and its sums are of {statistics.n:,}", "Ask it to send them again"
        )
    screen(statistics, f"site {site}")
    return Contribution(site, message.sender, batch, md5, statistics)


def _other_recipe(site: str, recipe: str, published: GreenLightningModel) -> MismatchError:
    return MismatchError(
        f"Site {site} summed under recipe {recipe[:12]}, not {published.paths.digest[:12]}",
        "Send it the present publication",
    )
