"""Ledger: which batches a model has learnt. A batch in it is never counted twice."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from greenlightning.errors import LedgerError


@dataclass(frozen=True)
class LedgerEntry:
    """One learnt batch: its rows, the md5 of its versioned bytes, the site it came from."""

    rows: int
    md5: str | None = None
    site: str | None = None


@dataclass(frozen=True)
class Ledger:
    """Learnt batches by name; ``withdrawn`` holds sets of rows taken back from them later (name to rows)."""

    entries: Mapping[str, LedgerEntry] = field(default_factory=dict)
    withdrawn: Mapping[str, int] = field(default_factory=dict)

    def __contains__(self, batch_id: object) -> bool:
        return batch_id in self.entries

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    @property
    def rows(self) -> int:
        """Samples learnt and not taken back."""
        return sum(entry.rows for entry in self.entries.values()) - sum(self.withdrawn.values())

    def with_batch(self, batch_id: str, entry: LedgerEntry) -> "Ledger":
        """The ledger with one more batch."""
        return Ledger({**self.entries, batch_id: entry}, self.withdrawn)

    def without(self, batch_id: str) -> "Ledger":
        """The ledger with one batch less; raises LedgerError if it was never learnt."""
        if batch_id not in self.entries:
            raise LedgerError(
                f"Batch {batch_id} is not in the ledger of {len(self)} batches", "Forget only what was learnt"
            )
        return Ledger({k: v for k, v in self.entries.items() if k != batch_id}, self.withdrawn)

    def withdrawing(self, rows_id: str, rows: int) -> "Ledger":
        """The ledger with ``rows`` samples, named ``rows_id``, taken back from its batches."""
        return Ledger(self.entries, {**self.withdrawn, rows_id: self.withdrawn.get(rows_id, 0) + rows})

    def merged(self, other: "Ledger") -> "Ledger":
        """Both ledgers in one; raises LedgerError if a batch is in both, for it would count twice."""
        both = sorted(set(self.entries) & set(other.entries))
        if both:
            raise LedgerError(
                f"Both models learnt batch {both[0]}" + (f" and {len(both) - 1} more" if both[1:] else ""),
                "Forget it in one of them before merging",
            )
        withdrawn = Counter(self.withdrawn) + Counter(other.withdrawn)
        return Ledger({**self.entries, **other.entries}, dict(withdrawn))

    def to_dict(self) -> dict[str, Any]:
        """JSON-able form."""
        entries = {name: asdict(entry) for name, entry in self.entries.items()}
        return {"entries": entries, "withdrawn": dict(self.withdrawn)}

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> "Ledger":
        """Inverse of ``to_dict``."""
        entries = {name: LedgerEntry(**entry) for name, entry in content["entries"].items()}
        return cls(entries, content["withdrawn"])
