"""The solve compared with its alternatives: ``python -m benchmarks.measures.solving``.

*Update*: rows learnt by updating the factor, compared with factorising again. *Solution*: the same up to
coefficients, with the check against the statistics. *Strengths*: one Cholesky for each of seven ridge strengths,
compared with one eigendecomposition. *Precision*: the float64 Cholesky, compared with a float32 factor that
preconditions conjugate gradients to the same residual. Repetitions are interleaved. Prints a Markdown table of
medians and ranges, and writes ``benchmarks/results/solving.json``.
"""

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import scipy.linalg
from scipy.linalg.lapack import spotrf, spotrs

from benchmarks.core.common import median_and_range
from benchmarks.core.records import RESULTS
from greenlightning import Statistics
from greenlightning.data.targets import ClassTargets
from greenlightning.evaluation.conventional_network import random_gates
from greenlightning.linear.equations import Floats, NormalEquations
from greenlightning.linear.factor import Factor
from greenlightning.linear.solver import ALPHAS, Solution
from greenlightning.paths import ExplicitPaths

INPUTS, CLASSES = 15, 10
ROWS = (10, 100, 500)
RESIDUAL = 1e-12
Way = Callable[[], object]


class Case:
    """Statistics of 3 D rows with D explicit path features, and of up to 500 rows more."""

    def __init__(self, D: int, alpha: float) -> None:
        rng = np.random.default_rng(0)
        y = rng.integers(CLASSES, size=3 * D + max(ROWS))
        X = rng.normal(size=(CLASSES, INPUTS))[y] + rng.normal(size=(len(y), INPUTS))
        self.paths = ExplicitPaths.build(random_gates(X, (D // (INPUTS + 1),), 0), X)
        self.targets, self.alpha = ClassTargets(), alpha
        self.X, self.y = X, y
        self.base = self.equations(3 * D)
        self.solution = Solution.of(self.base, self.targets)

    def equations(self, rows: int) -> NormalEquations:
        """The equations of the first ``rows``."""
        found = Statistics.collect(self.paths, self.targets, self.X[:rows], self.y[:rows])
        return NormalEquations.of(found, self.paths, self.targets, self.alpha)

    def updates(self, rows: int) -> dict[str, dict[str, Way]]:
        """Learning ``rows`` more, by an update and by factorising again."""
        n = self.base.statistics.n
        after, signs = self.equations(n + rows), np.ones(rows, dtype=np.int64)
        [(_, features)] = self.paths.blocks(self.X[n : n + rows], block_rows=rows)
        phi = features.numpy()
        assert self.solution.followed(after, self.targets, phi, signs).factor.n_updated == rows
        return {
            f"update, {rows} rows": {
                "factorising again": lambda: Factor.of(after),
                "ours": lambda: self.solution.factor.updated(phi, signs),
            },
            f"solution, {rows} rows": {
                "factorising again": lambda: Solution.of(after, self.targets),
                "ours": lambda: self.solution.followed(after, self.targets, phi, signs),
            },
        }

    def alternatives(self) -> dict[str, dict[str, Way]]:
        """Seven strengths by one decomposition, and single precision; ours is a plain Cholesky."""
        each = [replace(self.base, alpha=alpha) for alpha in ALPHAS]
        return {
            "strengths": {
                "eigendecomposition": lambda: by_eigenvalues(self.base),
                "ours": lambda: [Factor.of(equations).solve(equations.right) for equations in each],
            },
            "precision": {
                "float32 factor and conjugate gradients": lambda: by_single_precision(self.base),
                "ours": lambda: Factor.of(self.base).solve(self.base.right),
            },
        }


def symmetric(equations: NormalEquations) -> Floats:
    """The whole matrix, both triangles."""
    lower = np.tril(equations.matrix())
    return np.asarray(lower + np.tril(lower, -1).T)


def by_eigenvalues(equations: NormalEquations) -> list[Floats]:
    """Weights at all strengths from one eigendecomposition."""
    values, vectors = scipy.linalg.eigh(equations.matrix(), lower=True, driver="evd", overwrite_a=True)
    right = vectors.T @ equations.right
    return [vectors @ (right / (values - equations.alpha + alpha)[:, None]) for alpha in ALPHAS]


def by_single_precision(equations: NormalEquations) -> Floats:
    """Weights by conjugate gradients on all columns, preconditioned by a float32 Cholesky factor."""
    A, R = symmetric(equations), equations.right
    factor, failed = spotrf(A.astype(np.float32, order="F"), lower=1, overwrite_a=1, clean=0)
    if failed:
        raise ArithmeticError("float32 finds the matrix indefinite")
    V, residual, direction, power = np.zeros_like(R), R.copy(), np.zeros_like(R), np.ones(R.shape[1])
    while np.linalg.norm(residual) > RESIDUAL * np.linalg.norm(R):
        steepest = spotrs(factor, residual.astype(np.float32), lower=1)[0].astype(np.float64)
        before, power = power, np.sum(residual * steepest, axis=0)
        direction = steepest + power / before * direction
        image = A @ direction
        step = power / np.sum(direction * image, axis=0)
        V += step * direction
        residual -= step * image
    return V


def measured(D: int, what: str, ways: dict[str, Way], repetitions: int) -> dict[str, Any]:
    """Seconds of each way, in turn, and the ratio of each round."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(repetitions):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            seconds[name].append(time.perf_counter() - start)
    peer = next(iter(ways))
    ratios = [theirs / ours for theirs, ours in zip(seconds[peer], seconds["ours"], strict=True)]
    return {"D": D, "what": what, "peer": peer, "seconds": seconds, "ratios": ratios}


def as_table(runs: list[dict[str, Any]]) -> str:
    """Median and range of the milliseconds of both, and of the ratio."""
    lines = ["| D | what | peer | peer, ms | ours, ms | times faster |", "|---|---|---|---|---|---|"]
    for run in runs:
        theirs, ours = ([1e3 * s for s in run["seconds"][name]] for name in (run["peer"], "ours"))
        cells = [f"{run['D']:,}", run["what"], run["peer"], median_and_range(theirs, 0), median_and_range(ours, 0)]
        lines.append("| " + " | ".join([*cells, median_and_range(run["ratios"], 1)]) + " |")
    return "\n".join(lines)


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("features", nargs="*", type=int, default=[512, 2_048, 4_000])
    parser.add_argument("--alpha", type=float, default=1e-3)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--alternatives-up-to", type=int, default=2_048, help="features; they take minutes")
    options = parser.parse_args()
    runs = []
    for D in options.features:
        case = Case(D, options.alpha)
        comparisons = [case.updates(rows) for rows in ROWS if case.solution.factor.pays_off(rows, CLASSES)]
        if options.alternatives_up_to >= D:
            comparisons.append(case.alternatives())
        for what, ways in (item for found in comparisons for item in found.items()):
            runs.append(measured(D, what, ways, options.repetitions))
            print(as_table(runs[-1:]).splitlines()[-1], flush=True)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "solving.json").write_text(json.dumps(runs, indent=1) + "\n")
    print(f"\n{as_table(runs)}")


if __name__ == "__main__":
    main()
