"""Every method of the study gives a value, and an average of one copy is that copy."""

import numpy as np
import pytest

from benchmarks.federation.study import averaging, methods, page, plan
from benchmarks.federation.study.ours import Terms, averages
from benchmarks.federation.study.plan import Cell
from benchmarks.federation.study.setting import Setting
from greenlightning.data.batch import Batch

METHODS = (*page.METHODS, plan.SMALL, plan.LONG, plan.LANDMARKS, plan.CENTRAL, plan.TUNING)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_gives_a_value(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(methods, "BUDGET", 100)
    monkeypatch.setattr(averaging, "BUDGET", 400)
    monkeypatch.setattr(methods, "tuned", lambda cell: {"rate": 0.3, "steps": 5, "proximal": 0.1})
    cell = Cell("digits", "dirichlet 0.1", 10, method)
    methods.prepare(cell)
    found = methods.value_of(cell)
    if method == plan.TUNING:
        assert set(found) == {"rate", "steps", "proximal"}
    else:
        assert 0.2 < found["accuracy"] <= 1
    if method in page.METHODS[:5]:
        assert found["bytes_up"] >= 0 and found["bytes_down"] >= 0


def test_the_average_of_one_copy_is_that_copy() -> None:
    setting = Setting.of("digits", 0)
    terms = Terms.of(setting, paths="synthetic", n_landmarks=32, n_random_features=0, max_epochs=1)
    rows = np.arange(len(setting.y))
    alone = terms.published.learn(Batch(setting.X, setting.y))
    expected = float(np.mean(alone.predict(setting.X_test) == setting.y_test))
    assert averages(setting, [rows], terms) == {"plainly": expected, "by rows": expected}
