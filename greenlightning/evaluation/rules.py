"""From probabilities to a label: the most probable, a threshold for two classes, or the least expected cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from greenlightning.errors import InputError

SHOWN = 8
Costs = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class DecisionRule:
    """How probabilities become a label; by default the most probable one is taken.

    Attributes
    ----------
    threshold : float or None
        For two classes: probability of the second one from which it is the answer.
    costs : mapping of str to mapping of str to float
        Cost of an answer by the true label and the answer, both as text; 0 for the true label and 1 for another
        unless it is given. Where there are costs, the answer of least expected cost is taken.

    Raises
    ------
    InputError
        Where the threshold is not between 0 and 1, or a cost is negative or not finite.

    Examples
    --------
    >>> P = np.array([[0.7, 0.3], [0.95, 0.05]])
    >>> DecisionRule(threshold=0.2).decide(P, ["no", "yes"]).tolist()
    [1, 0]
    >>> DecisionRule(costs={"yes": {"no": 10}}).decide(P, ["no", "yes"]).tolist()
    [1, 0]
    """

    threshold: float | None = None
    costs: Costs = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.threshold is not None and not 0 < self.threshold < 1:
            raise InputError(f"A decision threshold of {self.threshold:g}", "Give a probability between 0 and 1")
        values = [cost for row in self.costs.values() for cost in row.values()]
        if not all(np.isfinite(cost) and cost >= 0 for cost in values):
            raise InputError(f"A cost of {min(values):g}", "Give finite costs of zero or more")

    def check(self, classes: Sequence[Any]) -> None:
        """Raise InputError where a cost names no class, or a threshold is to choose among more than two."""
        known = sorted(map(str, classes))
        named = {name for truth, row in self.costs.items() for name in (truth, *row)}
        if unknown := sorted(named - set(known)):
            raise InputError(
                f"The costs name {unknown[0]!r}, which is no class", f"The classes are {', '.join(known[:SHOWN])}"
            )
        if self.threshold is not None and len(known) != 2:
            raise InputError(f"A threshold for {len(known)} classes", "Give a threshold for two classes only")

    def __bool__(self) -> bool:
        return self.threshold is not None or bool(self.costs)

    def decide(self, proba: NDArray[np.float64], classes: Sequence[Any]) -> NDArray[np.intp]:
        """Return the positions (n,) in ``classes`` that probabilities (n, k) lead to."""
        if self.costs:
            return np.asarray((proba @ self.cost_matrix(classes, classes)).argmin(axis=1))
        if self.threshold is not None and len(classes) == 2:
            return np.asarray((proba[:, 1] >= self.threshold).astype(np.intp))
        return np.asarray(proba.argmax(axis=1))

    def cost_matrix(self, truths: Sequence[Any], answers: Sequence[Any]) -> NDArray[np.float64]:
        """Return the costs (t, a) of answering each of ``answers`` where each of ``truths`` is true."""
        found = np.ones((len(truths), len(answers)))
        for i, truth in enumerate(truths):
            for j, answer in enumerate(answers):
                default = 0.0 if truth == answer else 1.0
                found[i, j] = self.costs.get(str(truth), {}).get(str(answer), default)
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return a form for JSON; empty for the default rule."""
        costs = {"costs": {truth: dict(row) for truth, row in self.costs.items()}} if self.costs else {}
        return costs | ({} if self.threshold is None else {"threshold": self.threshold})


MOST_PROBABLE = DecisionRule()
