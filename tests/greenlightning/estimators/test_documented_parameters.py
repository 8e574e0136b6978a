"""What a docstring calls a parameter, the constructor takes; and the other way round."""

import inspect
import re

import pytest

from greenlightning import GreenLightningClassifier, GreenLightningRegressor, PathSGDClassifier


@pytest.mark.parametrize("estimator", [GreenLightningClassifier, GreenLightningRegressor, PathSGDClassifier])
def test_each_parameter_is_documented_and_taken(estimator: type) -> None:
    section = re.search(r"Parameters\n-+\n(.*?)\n\n\w[\w ]*\n-+\n", inspect.getdoc(estimator) or "", re.DOTALL)
    assert section is not None
    documented = set(re.findall(r"^(\w+) : ", section[1], re.MULTILINE))
    assert documented == set(inspect.signature(estimator).parameters)
