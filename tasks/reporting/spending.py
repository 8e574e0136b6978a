"""What each method spent from the first training on, when ours broke even, and the carbon of a retraining."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from tasks.core.energy_cost import NO_COST, EnergyCost
from tasks.energy.carbon_score import CarbonScore, Machine
from tasks.reporting.history import CONVENTIONAL, HistoryEntry, MethodResult

OURS, WHOLE, SCRATCH = "learning", "learning, whole runs", "conventional network"


@dataclass(frozen=True)
class Spending:
    """The versions whose cost is known, and what each method spent up to each of them; estimates have a range."""

    versions: tuple[HistoryEntry, ...]
    methods: Mapping[str, tuple[EnergyCost, ...]]
    measured: Mapping[str, int]

    @property
    def totals(self) -> dict[str, EnergyCost]:
        """What each method has spent by now."""
        return {name: costs[-1] for name, costs in self.methods.items()}

    @property
    def break_even(self) -> int | None:
        """The first version by which ours had spent no more than the conventional network; None before that."""
        if SCRATCH not in self.methods:
            return None
        pairs = zip(self.versions, self.methods[OURS], self.methods[SCRATCH], strict=True)
        return next((one.version for one, ours, theirs in pairs if ours.joules <= theirs.joules), None)


def spending_of(history: Sequence[HistoryEntry]) -> Spending | None:
    """What each method spent, from the first training on; None where no version logged its cost."""
    known = [one for one in history if one.ours.spent]
    if not known:
        return None
    whole = [one.whole for one in known]
    methods = {OURS: [one.ours.spent for one in known if one.ours.spent]}
    if whole_known := [cost for cost in whole if cost]:
        methods |= {WHOLE: whole_known} if len(whole_known) == len(known) else {}
    names = dict.fromkeys((CONVENTIONAL, *(name for one in known for name in one.references)))
    for name in names:
        if costs := _filled(known, name):
            methods[SCRATCH if name == CONVENTIONAL else name] = costs
    measured = {name: sum(name in one.references for one in known) for name in names}
    return Spending(tuple(known), {name: tuple(accumulate(costs)) for name, costs in methods.items()}, measured)


def _filled(known: Sequence[HistoryEntry], name: str) -> list[EnergyCost] | None:
    """What a baseline costs at each version: measured, or estimated by the rows of the nearest measured one.

    None where nothing is known of it.
    """
    costs = [_cost(one, name) for one in known]
    at = [place for place, cost in enumerate(costs) if cost]
    if not at:
        return None
    found = []
    for place, cost in enumerate(costs):
        near = min(at, key=lambda other: abs(other - place))
        basis = costs[near]
        assert basis
        found.append(cost or _scaled(basis, known[place].rows / known[near].rows))
    return found


def _cost(one: HistoryEntry, name: str) -> EnergyCost | None:
    return one.conventional if name == CONVENTIONAL else one.references.get(name, MethodResult(None, None)).spent


def _scaled(cost: EnergyCost, growth: float) -> EnergyCost:
    more = cost * growth
    return EnergyCost(more.seconds, more.joules, more.gco2e, f"estimated:by-rows({cost.source})", more.within)


def carbon_score(history: Sequence[HistoryEntry], machine: Machine) -> CarbonScore | None:
    """The carbon of an accepted retraining, of whole runs, the first training shared out; None before one."""
    whole = [one.whole for one in history if one.whole]
    accepted = sum(one.served and one.retraining for one in history)
    if not accepted or not whole:
        return None
    spent = sum(whole, NO_COST)
    return CarbonScore(machine, spent.seconds, spent.joules, spent.gco2e, accepted)
