"""A real target, learnt night after night: scikit-learn's diabetes set."""

from sklearn.datasets import load_diabetes
from sklearn.linear_model import Ridge
from sklearn.utils import shuffle

from greenlightning import GreenLightningRegressor


def main() -> float:
    """Learn 200 patients, then 50 a night; return R² on 92 others."""
    X, y = shuffle(*load_diabetes(return_X_y=True), random_state=0)
    model = GreenLightningRegressor(random_state=0).fit(X[:200], y[:200])
    print(f"200 rows: R² {model.score(X[350:], y[350:]):.3f}")
    for start in (200, 250, 300):
        night = slice(start, start + 50)
        before = model.score(X[night], y[night])
        model.partial_fit(X[night], y[night])
        print(f"{start + 50} rows: R² {model.score(X[350:], y[350:]):.3f}; on the new rows, before: {before:.3f}")
    print(f"ridge on all 350: {Ridge(0.1).fit(X[:350], y[:350]).score(X[350:], y[350:]):.3f}")
    return float(model.score(X[350:], y[350:]))


if __name__ == "__main__":
    main()
