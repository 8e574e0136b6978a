"""A model in one flat dictionary."""

from typing import TYPE_CHECKING

from greenlightning.paths import n_random_features

if TYPE_CHECKING:
    from greenlightning.model.model import GreenLightningModel


def summary(model: "GreenLightningModel") -> dict[str, str | int | float]:
    """Summarise a model for JSON: digests, sizes, ridge strength."""
    return {
        "structure_digest": model.structure.digest,
        "recipe_digest": model.paths.digest,
        "statistics_digest": model.statistics.digest,
        "recipe": model.paths.kind,
        "hidden_layer_sizes": "-".join(map(str, model.structure.hidden_layer_sizes)),
        "n_features_in": model.structure.n_features_in,
        "n_path_features": model.paths.n_features_out,
        "n_random_features": n_random_features(model.paths),
        "feature_bits": model.paths.feature_bits,
        "alpha": model.alpha,
        "rows": model.statistics.n,
        "batches": len(model.ledger),
        "classes": len(model.classes),
    }
