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

IN_A_TAG = 500
"""Batches: MLflow takes 100,000 characters a tag, and an id with an md5 are 54."""


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
        """What ``batch_tags`` keeps; a batch that came later, or from release 0.1.0, has a tag of its own."""
        found: dict[str, str] = {}
        for tag in sorted(filter(lambda tag: tag.startswith(prefix), self.tags)):
            is_list = self.tags[tag].startswith("{")
            found |= self._listed(tag) if is_list else {tag.removeprefix(prefix): self.tags[tag]}
        return found

    def _listed(self, tag: str) -> dict[str, str]:
        try:
            return dict(json.loads(self.tags[tag]))
        except ValueError as error:
            raise tags_error(self) from error


def batch_tags(prefix: str, values: Mapping[str, str]) -> dict[str, str]:
    """The tags that keep a value for each of these batches: ``<prefix>0`` and so on, each with many, as JSON.

    One tag for each batch would make every version longer to write and to read than the one before.
    """
    items = sorted(values.items())
    parts = [dict(items[first : first + IN_A_TAG]) for first in range(0, len(items), IN_A_TAG)]
    return {f"{prefix}{number}": json.dumps(part, separators=(",", ":")) for number, part in enumerate(parts)}


def tags_error(info: VersionInfo) -> IntegrityError:
    """The error of a version by whose tags nothing can be decided."""
    return IntegrityError(
        f"The tags of {info.dataset} version {info.version} are not those that were registered",
        f"Restore a backup, or run: greenlightning rollback --dataset {info.dataset} --reason WHY",
    )


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
        f"Dataset {dataset!r} has no {f'{of} version' if isinstance(of, Alias) else f'version {of}'}",
        f"See its versions with: greenlightning report --dataset {dataset}",
    )


def nothing_before(dataset: str) -> NothingServedError:
    """The error of rolling back where no version served before the champion."""
    return NothingServedError(f"Nothing was served for {dataset!r} before", "Name a version with --to")


def not_pinned(dataset: str, number: int) -> InputError:
    """The error of unpinning a version that is not pinned."""
    return InputError(f"{dataset} version {number} is not pinned", "Pin it with: greenlightning pin")
