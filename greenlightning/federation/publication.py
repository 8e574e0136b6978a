"""What a coordinator publishes: structure, recipe and terms, under which every site sums its own rows."""

from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd

from greenlightning.data.files import reading
from greenlightning.data.labels import Label, plain
from greenlightning.data.targets import targets_from_dict, targets_to_dict
from greenlightning.errors import InputError
from greenlightning.federation.keys import SigningKey
from greenlightning.federation.messages import Message, empty_folder, read_message, received, sign_message
from greenlightning.model import GreenLightningModel
from greenlightning.paths import load_paths
from greenlightning.structure.gates import Structure
from greenlightning.tables import conform

KIND = "publication"


def publish(model: GreenLightningModel, folder: Path, key: SigningKey, *, with_rows: bool = False) -> Message:
    """Write and sign the recipe of ``model``; what it has learnt stays out.

    Parameters
    ----------
    model : GreenLightningModel
        Its structure, path features, targets and ridge strength are the terms of the federation.
    folder : Path
        An empty folder, or one to be made.
    key : SigningKey
        The coordinator's.
    with_rows : bool, default=False
        Whether a recipe with landmarks may be published: landmarks are rows of the base.

    Returns
    -------
    Message
        What was signed.

    Raises
    ------
    InputError
        Where the folder is not empty, or the recipe holds rows and ``with_rows`` is False.
    """
    if model.paths.holds_rows and not with_rows:
        raise InputError(
            "The recipe holds landmarks, which are rows of the base, and a publication would give them away",
            "Train with synthetic landmarks (paths='synthetic'), or publish it with rows",
        )
    empty_folder(folder)
    model.structure.save(folder)
    model.paths.save(folder)
    about = {
        "paths": model.paths.kind,
        "alpha": model.alpha,
        "targets": targets_to_dict(model.targets),
        "structure": model.structure.digest,
        "recipe": model.paths.digest,
    }
    if model.targets.digest.startswith("classes"):
        about["labels"] = [plain(label) for label in model.classes]
    return sign_message(folder, KIND, about, key)


def read_publication(folder: Path, trusted: Collection[str] | None = None) -> GreenLightningModel:
    """Verify a publication; the model with its recipe, which has learnt nothing.

    Parameters
    ----------
    folder : Path
        Where it lies.
    trusted : collection of str, optional
        Public keys of coordinators; any by default.

    Returns
    -------
    GreenLightningModel
        An empty model under the published terms.

    Raises
    ------
    IntegrityError
        Where a part is damaged or the signature does not hold.
    MismatchError
        Where it is no publication, or its key is not trusted.
    """
    about = read_message(folder, KIND, trusted).about
    with received(), reading(folder):
        paths = load_paths(folder, about["paths"], Structure.load(folder))
        published = GreenLightningModel.empty(paths, float(about["alpha"]), targets_from_dict(about["targets"]))
        _try(published)
    return published


def known_labels(folder: Path) -> tuple[Label, ...]:
    """Return the labels that the coordinator says it has learnt; none where it did not say."""
    about = read_message(folder, KIND).about
    with received(), reading(folder):
        labels = tuple(about.get("labels", ()))
        if not all(isinstance(label, str | int | float) for label in labels):
            raise ValueError("labels are not texts and numbers")
    return labels


def _try(published: GreenLightningModel) -> None:
    """Compute the features of an empty row; raise ValueError where tables and gates do not fit one another."""
    gates, encoder = published.structure, published.encoder
    tables = {**published.paths.tables, "mean": gates.mean, "scale": gates.scale, "alpha": published.alpha}
    if wrong := [name for name, table in tables.items() if not np.isfinite(np.asarray(table)).all()]:
        raise ValueError(f"{wrong[0]} is not finite")
    if published.alpha < 0:
        raise ValueError("alpha is negative")
    row = np.zeros((1, gates.n_features_in))
    try:
        if encoder:
            empty = pd.DataFrame({name: [None] for name in encoder.schema.stored})
            row = encoder.transform(conform(empty, encoder.schema.inputs).columns)
        shapes = [features.shape for _, features in published.paths.blocks(row)]
    except (InputError, RuntimeError) as error:
        raise ValueError(str(error)) from error
    if shapes != [(1, published.paths.n_features_out)]:
        raise ValueError(f"a row has features of shape {shapes}")
