"""What a site sends under SecAgg+: its sums as limbs, masked before they leave, and signed counts."""

import json
import platform
from collections.abc import Collection
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from flwr.app import RecordDict
from flwr.common import Code, FitRes, Status, ndarrays_to_parameters
from flwr.compat.common.recorddict_compat import fitres_to_recorddict

from greenlightning.data.batch import Batch
from greenlightning.data.labels import Label
from greenlightning.errors import InputError
from greenlightning.federation import read_publication
from greenlightning.federation.messages import ABOUT, NAME, SIGNATURE, empty_folder, sign_message
from greenlightning.model import GreenLightningModel
from greenlightning_flower.limbs import Limbs
from greenlightning_flower.site import Site
from greenlightning_flower.vectors import to_vector

KIND, WEIGHT = "concealed", 1
Terms = tuple[GreenLightningModel, Limbs, tuple[Label, ...]]


def read_terms(content: RecordDict, folder: Path, trusted: Collection[str] | None) -> Terms:
    """The publication, the number of sites and the classes that the coordinator announces."""
    config = content.config_records["fitins.config"]
    empty_folder(folder)
    for name, data in config.items():
        if isinstance(data, bytes) and NAME.fullmatch(name):
            (folder / name).write_bytes(data)
    columns = tuple(json.loads(str(config["classes"])))
    return read_publication(folder, trusted), Limbs(int(config["sites"])), columns


def conceal(terms: Terms, batch: Batch, site: Site, md5: str) -> RecordDict:
    """The sums of a batch for SecAgg+ to mask, with the weight 1 that it multiplies by, and a signed message.

    The message names the batch and counts its rows; it has no digest of the sums, by which a guess could be tried.
    """
    if batch.rows < site.fewest_rows:
        raise InputError(f"{batch.rows} rows are too few: {site.fewest_rows} at least are sent", "Wait for more")
    published, limbs, columns = terms
    statistics = published.collect(batch.X, batch.y)
    about = {
        "site": site.name,
        "batch": batch.id,
        "rows": batch.rows,
        "md5": md5,
        "structure": statistics.structure,
        "recipe": statistics.recipe,
        "software": f"greenlightning {version('greenlightning')}, Python {platform.python_version()}",
    }
    with TemporaryDirectory() as place:
        sign_message(Path(place), KIND, about, site.key)
        signed = {name: (Path(place) / name).read_bytes() for name in (ABOUT, SIGNATURE)}
    parameters = ndarrays_to_parameters([limbs.cut(to_vector(statistics, columns))])
    return fitres_to_recorddict(FitRes(Status(Code.OK, ""), parameters, WEIGHT, dict(signed)), keep_input=False)
