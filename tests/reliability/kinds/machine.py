"""Any sequence of operations and crashes: each version is the sum of exactly its batches, and replay agrees."""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import Phase, settings
from hypothesis import seed as with_seed
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from flows.engine.admission import chosen_batches
from greenlightning.errors import NothingServedError
from greenlightning.model import GreenLightningModel
from tasks.core.constants import Alias, Kind
from tasks.core.faults import VARIABLE, Fault
from tasks.data.batch_index import batches
from tasks.data.pointers.repository import md5_of
from tasks.data.versioning import copies, version_batch
from tasks.integrity.growth import bound_growth
from tasks.lineage.rebuild import checked, relearn
from tasks.models import champion, registry
from tasks.models.files.seals import check_tags
from tasks.models.retention import is_protected, prune
from tasks.promotion.publishing import complete_publication, publish
from tasks.tracking.runs import flow_run
from tests.helpers.small_champion import landed
from tests.reliability.scene import DATASET, fresh
from tests.reliability.workspace import batch, candidate_of, learn

NUMBERS = st.integers(3, 6)
SITES = st.integers(7, 9)
KNOWN = {batch(number).id: number for number in range(10)}


class Operations(RuleBasedStateMachine):
    """A small workspace and what its champion must have learnt."""

    template: Path
    home: Path

    def __init__(self) -> None:
        super().__init__()
        fresh(self.template, self.home)
        self.sites = TemporaryDirectory()
        self.ledger = frozenset({batch(0).id})
        self.fault = ""

    def teardown(self) -> None:
        """Nothing fails any more."""
        os.environ.pop(VARIABLE, None)
        self.sites.cleanup()

    @property
    def serving(self) -> registry.VersionInfo:
        """The champion, and what a crash left undone after its promotion is done first, as every run does."""
        found = registry.version(DATASET, Alias.CHAMPION)
        complete_publication(found)
        return found

    @rule(fault=st.sampled_from(sorted(Fault)))
    def crash(self, fault: str) -> None:
        """The next operation crashes at a fault point, if it comes there."""
        self.fault = fault

    @rule(number=NUMBERS)
    def ingest(self, number: int) -> None:
        """Version a batch; one that is versioned already changes nothing."""

        def version() -> None:
            with TemporaryDirectory() as scratch:
                version_batch.fn(landed(batch(number), Path(scratch)))

        self._do(version, self.ledger)

    @rule()
    def retrain(self) -> None:
        """Learn what is versioned and new, less what was forgotten or is held back."""
        new = [ref.id for ref in chosen_batches(DATASET, None) if ref.id not in self.ledger]
        if new:
            self._do(lambda: learn(KNOWN[new[0]]), self.ledger | {new[0]})

    @precondition(lambda self: len(self.ledger) > 1)
    @rule(chance=st.integers(0, 9))
    def forget(self, chance: int) -> None:
        """Forget one batch, not the first."""
        others = sorted(self.ledger - {batch(0).id})
        name = others[chance % len(others)]

        def without() -> None:
            self._publish(Kind.FORGET, lambda model: model.forget(batch(KNOWN[name])), name, (name,))

        self._do(without, self.ledger - {name})

    @rule(number=SITES)
    def federate(self, number: int) -> None:
        """Add the statistics of a batch that a site keeps."""
        rows, file = batch(number), Path(self.sites.name) / f"{number}.npz"
        if rows.id in self.ledger:
            return
        np.savez(file, X=rows.X, y=rows.y)

        def merged(model: GreenLightningModel) -> GreenLightningModel:
            empty = GreenLightningModel.empty(model.paths, model.alpha, model.targets)
            return model.merge(empty.learn(rows, md5=md5_of(file), site="north"))

        self._do(lambda: self._publish(Kind.FEDERATE, merged, rows.id), self.ledger | {rows.id})

    @rule(chance=st.integers(0, 9))
    def promote(self, chance: int) -> None:
        """Serve a version chosen by hand."""
        whole = [info for info in registry.versions(DATASET) if not info.pruned]
        chosen, serving = whole[chance % len(whole)], self.serving.version
        self._do(lambda: champion.promote.fn(DATASET, chosen.version, serving), frozenset(chosen.batches))

    @rule()
    def roll_back(self) -> None:
        """Serve the version before."""
        with suppress(NothingServedError):
            chosen = registry.version(DATASET, champion.previous_version(self.serving))
            if not chosen.pruned:
                self._do(lambda: champion.rollback.fn(DATASET), frozenset(chosen.batches))

    @rule()
    def maintain(self) -> None:
        """Prune every version that nothing protects."""

        def tidy() -> None:
            bound_growth()
            for info in registry.versions(DATASET):
                if not is_protected(info):
                    prune.fn(DATASET, info.version)

        self._do(tidy, self.ledger)

    def _publish(
        self,
        kind: Kind,
        change: Callable[[GreenLightningModel], GreenLightningModel],
        about: str,
        forgotten: tuple[str, ...] = (),
    ) -> None:
        serving = self.serving
        with TemporaryDirectory() as scratch, flow_run(DATASET, kind) as run_id:
            change(registry.load_version(serving)).save(Path(scratch) / "model")
            candidate = candidate_of(serving, run_id, Path(scratch) / "model", about)
            publish.fn(replace(candidate, forgotten=forgotten))

    def _do(self, operation: Callable[[], object], after: frozenset[str]) -> None:
        """Do it; where it crashes, the champion is that of before or of after."""
        if self.fault:
            os.environ[VARIABLE] = f"{self.fault}:EIO"
        try:
            operation()
            self.ledger = after
        except OSError as error:
            if not self.fault or error.errno is None:
                raise
            found = frozenset(registry.version(DATASET, Alias.CHAMPION).batches)
            assert found in (self.ledger, after)
            self.ledger = found
        finally:
            os.environ.pop(VARIABLE, None)
            self.fault = ""

    @invariant()
    def the_champion_is_the_sum_of_exactly_its_batches(self) -> None:
        """Its sums are the integer sums over the rows of its ledger, and over their versioned bytes."""
        serving = registry.version(DATASET, Alias.CHAMPION)
        check_tags(serving)
        model = registry.load_version(serving)
        assert set(model.ledger) == set(serving.batches) == self.ledger
        again = GreenLightningModel.empty(model.paths, model.alpha, model.targets)
        for name in sorted(self.ledger, reverse=True):
            again = again.learn(batch(KNOWN[name]))
        assert again.statistics.digest == model.statistics.digest
        replayed = relearn(serving, sorted(Path(self.sites.name).iterdir()))
        assert not replayed.missing
        assert checked(serving, replayed.model).statistics == model.statistics
        assert np.array_equal(replayed.model.coefficients.weights, model.coefficients.weights)

    @invariant()
    def every_whole_version_loads_and_every_batch_is_where_it_belongs(self) -> None:
        """Pruning, linking and crashes take nothing from another version."""
        for info in registry.versions(DATASET):
            if not info.pruned:
                assert set(registry.load_version(info).ledger) == set(info.batches)
        assert all(any(copies(ref).values()) for ref in batches(DATASET))


def run(template: Path, home: Path, examples: int, steps: int, seed: int | None = None) -> None:
    """Try sequences of operations; AssertionError with one that breaks a promise. The same ones without a seed."""
    kind: type[RuleBasedStateMachine] = type("Operations", (Operations,), {"template": template, "home": home})
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=seed is None,
        database=None,
        print_blob=False,
        phases=[Phase.generate],
    )
    run_state_machine_as_test(kind if seed is None else with_seed(seed)(kind), settings=chosen)
