"""Structure health asks how well the structure serves the rows, whatever the classes weigh."""

from dataclasses import replace

import numpy as np

from greenlightning import GreenLightningClassifier
from greenlightning.data.targets import ClassTargets
from greenlightning.health.assessment import assess
from greenlightning.health.reference import HealthReference


def test_a_reference_made_before_the_classes_were_weighed_says_the_same_of_a_batch() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, 3))
    y = (X[:, 0] + rng.normal(size=600) > 2).astype(int)
    estimator = GreenLightningClassifier(
        hidden_layer_sizes=(8,), n_landmarks=32, max_epochs=2, random_state=0, class_weight="balanced"
    )
    model = estimator.fit(X[:300], y[:300]).model_
    plain = replace(model, targets=ClassTargets(apart=True))
    assert not np.array_equal(model.coefficients.weights, plain.coefficients.weights)
    references = [HealthReference.of(one, X[:300], y[:300], X[300:450], y[300:450]) for one in (model, plain)]
    assert references[0].digest == references[1].digest
    later = [assess(references[1], one, X[450:], y[450:]).to_dict() for one in (model, plain)]
    assert later[0] == later[1]
