"""Structure health and input drift: by hand, on real shifts, and how often rows like the base's raise an alarm."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import chi2_contingency, false_discovery_control

from greenlightning import GreenLightningClassifier
from greenlightning.data import datasets
from greenlightning.errors import InputError, IntegrityError, MismatchError
from greenlightning.health.assessment import StructureHealth, assess
from greenlightning.health.drift import QuantileBins, adjusted
from greenlightning.health.indicators import LIMITS, Draws, HealthStatistic, Verdict, residual_ratio
from greenlightning.health.reference import HealthReference, novelty
from greenlightning.model import GreenLightningModel
from tests.helpers.real_data import real_root

pytestmark = pytest.mark.slow

Rows = tuple[NDArray[Any], NDArray[Any]]
IID_BATCHES = 60
SIZES = {"digits": (700, 200, 100), "letter": (3_000, 1_000, 500)}


@dataclass
class Case:
    """A real set, shuffled: ``base`` rows, ``held`` rows, and a rest, of which batches of ``size`` are drawn."""

    X: NDArray[np.float64]
    y: NDArray[Any]
    base: int
    held: int
    size: int
    rng: np.random.Generator

    @classmethod
    def of(cls, name: str) -> "Case":
        root = None if name == "digits" else real_root(name)
        data, rng = datasets.load(name, root), np.random.default_rng(0)
        X, y = np.concatenate([data.X_train, data.X_test]), np.concatenate([data.y_train, data.y_test])
        order = rng.permutation(len(X))
        return cls(X[order].astype(np.float64), y[order], *SIZES[name], rng)

    def reference(self, left_out: tuple[Any, ...] = ()) -> tuple[GreenLightningModel, HealthReference]:
        """A champion of the base and its health reference, both without the classes ``left_out``."""
        kept = [part[~np.isin(self.y[part], left_out)] for part in np.split(np.arange(self.known), [self.base])]
        base, held = kept
        estimator = GreenLightningClassifier(
            hidden_layer_sizes=(64, 32), n_landmarks=256, max_epochs=6, random_state=0
        )
        model = estimator.fit(self.X[base], self.y[base]).model_
        return model, HealthReference.of(model, self.X[base], self.y[base], self.X[held], self.y[held])

    @property
    def known(self) -> int:
        return self.base + self.held

    def batch(self, size: int | None = None, classes: tuple[Any, ...] | None = None) -> Rows:
        """Rows that nothing has seen, drawn without putting back; of ``classes`` only where given."""
        rest = np.arange(self.known, len(self.X))
        if classes is not None:
            rest = rest[np.isin(self.y[rest], classes)]
        rows = self.rng.choice(rest, size or self.size, replace=False)
        return self.X[rows], self.y[rows]

    def noisy(self, share: float) -> Rows:
        """A batch with normal noise of ``share`` of the inputs' range, kept within the range."""
        X, y = self.batch()
        return (X + self.rng.normal(0, share * self.X.max(), X.shape)).clip(0, self.X.max()), y


Served = tuple[Case, GreenLightningModel, HealthReference]


@pytest.fixture(scope="module", params=["digits", "letter"])
def served(request: pytest.FixtureRequest) -> Served:
    case = Case.of(request.param)
    return (case, *case.reference())


@pytest.fixture(scope="module")
def digits() -> Served:
    case = Case.of("digits")
    return (case, *case.reference())


def verdicts(served: Served, draw: Callable[[], Rows], batches: int = 5) -> tuple[Counter[str], StructureHealth]:
    """How often each verdict fell on fresh batches, and the last assessment."""
    _, model, reference = served
    found = [assess(reference, model, *draw()) for _ in range(batches)]
    return Counter(str(health.verdict) for health in found), found[-1]


# --- calibration on real data ------------------------------------------------------------------------------------


def test_on_batches_like_the_base_no_red_and_at_most_one_false_alarm_in_sixty(served: Served) -> None:
    seen, _ = verdicts(served, served[0].batch, IID_BATCHES)
    assert seen["red"] == 0
    assert seen["amber"] <= 1
    assert seen.total() == IID_BATCHES


def test_input_drift_is_claimed_on_less_than_one_batch_like_the_base_in_twenty(served: Served) -> None:
    case, _, reference = served
    alarms = [bool(reference.bins.drift(case.batch()[0]).drifted.any()) for _ in range(200)]
    assert np.mean(alarms) < 0.05


def test_inverted_inputs_are_red(served: Served) -> None:
    case, _, reference = served
    X, y = case.batch()
    seen, last = verdicts(served, lambda: (case.X.max() - X, y), 3)
    assert seen == {"red": 3}
    assert {found.name for found in last.statistics if found.verdict is Verdict.RED} >= {"novelty", "firing_shift"}
    assert reference.bins.drift(case.X.max() - X).share > 0.5


def test_shuffled_columns_are_red(served: Served) -> None:
    case = served[0]
    order = case.rng.permutation(case.X.shape[1])
    seen, _ = verdicts(served, lambda: (case.batch()[0][:, order], case.batch()[1]), 3)
    assert seen == {"red": 3}


def test_noise_of_a_fifth_of_the_range_is_red(served: Served) -> None:
    case, _, reference = served
    seen, last = verdicts(served, lambda: case.noisy(0.2))
    assert seen == {"red": 5}, last.reason
    assert reference.bins.drift(case.noisy(0.2)[0]).share > 0.2


@pytest.mark.parametrize("name", ["digits", "letter"])
def test_classes_that_the_structure_never_saw_are_red_and_their_patterns_alone_tell(name: str) -> None:
    case = Case.of(name)
    new = tuple(np.unique(case.y)[-2:])
    served = (case, *case.reference(left_out=new))
    half = case.size // 2
    whole, last = verdicts(served, lambda: case.batch(half, new), 3)
    assert whole == {"red": 3}
    patterns = ("novelty", "firing_shift", "oui_shift", "oui_batch_shift")
    assert any(found.verdict is Verdict.RED for found in last.statistics if found.name in patterns)

    def mixed() -> Rows:
        old, few = case.batch(case.size * 9 // 10, tuple(set(case.y) - set(new))), case.batch(case.size // 10, new)
        return np.concatenate([old[0], few[0]]), np.concatenate([old[1], few[1]])

    tenth, last = verdicts(served, mixed, 3)
    assert tenth == {"red": 3}
    assert last.deciding is not None and last.deciding.name == "unseen_labels"


def test_wrong_labels_show_in_the_residual_and_not_in_the_patterns(served: Served) -> None:
    case, *_ = served

    def mislabelled() -> Rows:
        X, y = case.batch()
        return X, np.where(case.rng.random(len(y)) < 0.5, case.rng.permutation(y), y)

    seen, last = verdicts(served, mislabelled, 3)
    assert seen["green"] == 0
    assert [found.name for found in last.statistics if found.verdict is not Verdict.GREEN] == ["residual_ratio"]


def test_a_batch_of_one_known_class_is_held_against_that_class_and_green(served: Served) -> None:
    case = served[0]
    seen, last = verdicts(served, lambda: case.batch(case.size // 2, (np.unique(case.y)[3],)))
    assert seen == {"green": 5}, last.reason


# --- what holds whatever the data --------------------------------------------------------------------------------


def test_a_verdict_is_that_of_the_worst_statistic_by_its_limits(digits: Served) -> None:
    amber, red = LIMITS["novelty"]
    middle = (amber + red) / 2
    said = [HealthStatistic("novelty", sure, sure).verdict for sure in (amber, middle, red, red * 1.01)]
    assert said == [Verdict.GREEN, Verdict.AMBER, Verdict.AMBER, Verdict.RED]
    assert HealthStatistic("novelty", middle, middle).severity == pytest.approx(1.5)
    statistics = (HealthStatistic("residual_ratio", 1.0, 1.0), HealthStatistic("novelty", 9.0, middle))
    health = StructureHealth(100, 100, statistics)
    assert (health.verdict, health.deciding) == (Verdict.AMBER, statistics[1])
    assert "0.5 for certain; amber above 0.25, red above 0.75" in health.reason
    assert health.to_dict()["statistics"]["novelty"]["verdict"] == "amber"


def test_under_ten_rows_nothing_is_claimed(digits: Served) -> None:
    case, model, reference = digits
    X, y = case.batch(9)
    health = assess(reference, model, X, y)
    assert (health.verdict, health.deciding) == (Verdict.UNKNOWN, None)
    assert health.reason.startswith("unknown: 9 rows")


def test_the_same_rows_have_the_same_health(digits: Served) -> None:
    case, model, reference = digits
    X, y = case.batch()
    assert assess(reference, model, X, y).to_dict() == assess(reference, model, X, y).to_dict()


def test_novelty_is_the_share_of_gates_unlike_the_nearest_known_pattern_each_layer_alike() -> None:
    known = np.array([[1, 1, 0, 0, 1], [0, 0, 0, 0, 0]], dtype=bool)
    gates = np.array([[1, 1, 0, 0, 1], [1, 0, 0, 0, 0], [1, 1, 0, 0, 0]], dtype=bool)
    # layers of 4 and 1: none unlike; one of 4, half weight; one of 1, half weight, against two of 4
    assert novelty(gates, known, (4, 1)) == pytest.approx([0, 1 / 8, 2 / 8])


def test_the_reference_survives_the_disk_and_a_torn_one_is_refused(digits: Served, tmp_path: Path) -> None:
    case, model, reference = digits
    reference.save(tmp_path)
    again = HealthReference.load(tmp_path)
    assert again.digest == reference.digest
    X, y = case.batch()
    assert assess(again, model, X, y).to_dict() == assess(reference, model, X, y).to_dict()
    about = json.loads((tmp_path / "health.json").read_text())
    (tmp_path / "health.json").write_text(json.dumps(about | {"sizes": [32, 64]}))
    with pytest.raises(IntegrityError, match="another than it says"):
        HealthReference.load(tmp_path)


def test_a_reference_of_another_structure_is_refused(digits: Served) -> None:
    case, model, reference = digits
    with pytest.raises(MismatchError, match="health reference is of structure 0000"):
        assess(replace(reference, structure="0" * 64), model, *case.batch())


def test_a_reference_needs_held_out_rows_with_labels_of_the_base(digits: Served) -> None:
    case, model, _ = digits
    X, y = case.batch()
    with pytest.raises(InputError, match="0 held-out rows make no reference"):
        HealthReference.of(model, X, y, X, np.full(len(y), 77))


# --- input drift by hand -----------------------------------------------------------------------------------------


def coin(ones: int, rows: int = 1_000) -> NDArray[np.float64]:
    return (np.arange(rows) < ones).astype(float)[:, None]


def test_the_index_of_a_coin_that_went_from_a_half_to_three_quarters() -> None:
    drift = QuantileBins.of(coin(500)).drift(coin(750))
    p, q = 750.5 / 1_001, 0.5
    by_hand = (p - q) * np.log(p / q) + (q - p) * np.log((1 - p) / (1 - q))
    assert drift.psi == pytest.approx([by_hand - (1 / 1_000 + 1 / 1_000) * 1])
    table = [[500, 500], [250, 750]]
    assert drift.p_values == pytest.approx([chi2_contingency(table, correction=False).pvalue])
    assert drift.worst(["coin"]) == {"coin": drift.largest}
    assert drift.to_dict(["coin"])["share"] == 1
    assert QuantileBins.of(coin(500)).drift(coin(500)).table(["coin"])["data"] == [["coin", 0, 1, False]]


def test_the_same_rows_do_not_drift_and_a_constant_column_has_no_index() -> None:
    X = np.column_stack([np.arange(100.0), np.full(100, 7.0)])
    drift = QuantileBins.of(X).drift(X)
    assert (drift.psi.tolist(), drift.share, drift.largest, drift.worst(["a", "b"])) == ([0, 0], 0, 0, {})


def test_a_value_outside_the_base_counts_though_the_base_has_no_bin_for_it() -> None:
    bins = QuantileBins.of(np.arange(1_000.0)[:, None])
    assert bins.counts[[0, -1]].tolist() == [[0], [0]]
    moved = np.arange(1_000.0)[:, None]
    moved[:300] = 5_000
    assert bins.drift(moved).drifted.tolist() == [True]


def test_other_columns_or_no_rows_are_refused() -> None:
    bins = QuantileBins.of(np.zeros((3, 2)))
    with pytest.raises(InputError, match="2 columns"):
        bins.drift(np.zeros((3, 1)))
    with pytest.raises(InputError, match="no base"):
        QuantileBins.of(np.zeros((0, 2)))


def test_p_values_are_adjusted_as_scipy_adjusts_them() -> None:
    assert adjusted(np.array([0.01, 0.04, 0.03, 0.5])).tolist() == pytest.approx([0.04, 0.16 / 3, 0.16 / 3, 0.5])
    p = np.random.default_rng(0).random(500) ** 3
    assert np.array_equal(adjusted(p), false_discovery_control(p, method="bh"))


def test_a_reference_without_an_error_counts_as_one_wrong_row() -> None:
    """Of 50 rows without an error, one wrong row in a batch of 50 is what may be expected, and ten are not."""
    weights, perfect = np.full(50, 1 / 50), np.full(50, 1e-6)
    draws = Draws.of(weights, 50, 50, np.random.default_rng(0))
    ratios = [residual_ratio((np.arange(50) < wrong) * 1.0, perfect, weights, 50, draws) for wrong in (1, 10)]
    assert [round(found.value) for found in ratios] == [1, 10]
    assert [found.verdict for found in ratios] == [Verdict.GREEN, Verdict.RED]
