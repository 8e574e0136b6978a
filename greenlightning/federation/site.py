"""A process of a site, which sums a file of rows and ends: what the demonstration starts."""

from pathlib import Path

import numpy as np

from greenlightning.data.batch import Batch
from greenlightning.federation.contribution import contribute
from greenlightning.federation.keys import SigningKey
from greenlightning.federation.publication import read_publication


def contribute_rows(publication: Path, rows: Path, key: Path, site: str, out: Path) -> None:
    """Sum the inputs ``X`` and labels ``y`` of an NPZ file under a publication, and sign the sums.

    Parameters
    ----------
    publication : Path
        Folder of the coordinator's message.
    rows : Path
        The file.
    key : Path
        The site's key.
    site : str
        Its name.
    out : Path
        An empty folder, or one to be made.
    """
    with np.load(rows, allow_pickle=False) as file:
        batch = Batch(file["X"], file["y"])
    contribute(read_publication(publication), batch, out, SigningKey.load(key), site=site)
