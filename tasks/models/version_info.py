"""One registered version: what made it and what it learnt; the errors of a version that cannot be used."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from greenlightning.errors import InputError, IntegrityError, NothingServedError
from greenlightning.evaluation.prequential import Prequential
from tasks.core.constants import AGED_TAG, BATCH_TAG, FORGOTTEN_TAG, HELD_BACK_TAG, Alias, Tag

if TYPE_CHECKING:
    from greenlightning.data.targets import ClassTargets


@dataclass(frozen=True)
class VersionInfo:
    """One registered version: what made it, what it learnt, and which aliases name it."""

    dataset: str
    version: int
    run_id: str
    created: str
    aliases: tuple[str, ...]
    tags: Mapping[str, str]
    description: str

    @property
    def parent(self) -> int | None:
        """The version it was made from; None for a first one."""
        parent = self.tags.get(Tag.PARENT_VERSION)
        return int(parent) if parent else None

    @cached_property
    def batches(self) -> dict[str, str]:
        """Each batch of its ledger with the DVC md5 of the bytes (empty where none is known)."""
        return self._tagged(BATCH_TAG)

    @property
    def structures(self) -> tuple[str, ...]:
        """The digests of its gates, and of those that were added later."""
        return (self.tags[Tag.STRUCTURE_DIGEST], *filter(None, self.tags.get(Tag.GROWN, "").split(",")))

    @property
    def forgotten(self) -> frozenset[str]:
        """Batches that it or its ancestors forgot, unless they were learnt again."""
        return frozenset(self._tagged(FORGOTTEN_TAG).keys() - self.batches.keys())

    @property
    def held_back(self) -> dict[str, str]:
        """Batches that rollbacks of its ancestors held back, each with the version that had learnt it."""
        return {name: left for name, left in self._tagged(HELD_BACK_TAG).items() if name not in self.batches}

    @property
    def aged(self) -> dict[str, str]:
        """Batches that left the window in it or its ancestors, unless learnt again, each with the window."""
        return {name: keep for name, keep in self._tagged(AGED_TAG).items() if name not in self.batches}

    @property
    def class_targets(self) -> "ClassTargets | None":
        """The targets with their class weights, where its sums keep the classes apart."""
        from greenlightning.data.targets import ClassTargets, targets_from_dict

        if (tag := self.tags.get(Tag.CLASS_WEIGHT)) is None:
            return None
        targets = targets_from_dict(json.loads(tag))
        return targets if isinstance(targets, ClassTargets) else None

    @property
    def prequential(self) -> Prequential:
        """The scores of the champions in its line on batches that they had not learnt; no rows at first."""
        return Prequential(**json.loads(self.tags.get(Tag.PREQUENTIAL, "{}")))

    @property
    def pruned(self) -> bool:
        """Whether maintenance deleted its statistics; they can be rebuilt from its batches."""
        return Tag.PRUNED_AT in self.tags

    def _tagged(self, prefix: str) -> dict[str, str]:
        return {tag.removeprefix(prefix): value for tag, value in self.tags.items() if tag.startswith(prefix)}


def pruned_error(found: VersionInfo) -> IntegrityError:
    """The error of loading a version whose statistics were pruned."""
    return IntegrityError(
        f"The statistics of {found.dataset} version {found.version} were pruned on {found.tags[Tag.PRUNED_AT]}",
        f"Make them again with: greenlightning reproduce {found.version} --dataset {found.dataset} --restore",
    )


def serving_already(chosen: VersionInfo) -> InputError:
    """The error of promoting the version that serves."""
    return InputError(
        f"{chosen.dataset} version {chosen.version} is serving already",
        f"Choose another; see them with: greenlightning lineage --dataset {chosen.dataset}",
    )


def no_champion(dataset: str) -> NothingServedError:
    """The error of a dataset that has no champion yet."""
    return NothingServedError(
        f"Dataset {dataset!r} has no champion yet", f"Run: greenlightning train --dataset {dataset}"
    )


def no_version(dataset: str, of: int | Alias) -> NothingServedError:
    """The error of a version number or alias that a dataset does not have."""
    return NothingServedError(
        f"Dataset {dataset!r} has no {of if isinstance(of, Alias) else f'version {of}'}",
        f"See them with: greenlightning report --dataset {dataset}",
    )


def nothing_before(dataset: str) -> NothingServedError:
    """The error of rolling back where no version served before the champion."""
    return NothingServedError(f"Nothing was served for {dataset!r} before", "Name a version with --to")


def not_pinned(dataset: str, number: int) -> InputError:
    """The error of unpinning a version that is not pinned."""
    return InputError(f"{dataset} version {number} is not pinned", "Pin it with: greenlightning pin")
