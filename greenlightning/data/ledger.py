"""Ledger: which batches a model has learnt. A batch in it is never counted twice."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from greenlightning.errors import LedgerError


@dataclass(frozen=True)
class LedgerEntry:
    """One learnt batch.

    Attributes
    ----------
    rows : int
        Its rows.
    md5 : str or None
        md5 of its versioned bytes.
    site : str or None
        The site it came from.
    holdout : str or None
        Name of the sliding holdout under which it was learnt: of its rows in there, the oldest are learnt by now.
    sums : str or None
        Digests of the recipe and of the sums that a site sent, shortened.
    """

    rows: int
    md5: str | None = None
    site: str | None = None
    holdout: str | None = None
    sums: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return a form for JSON."""
        found = {"rows": self.rows, "md5": self.md5, "site": self.site}
        return found | {name: value for name in ("holdout", "sums") if (value := getattr(self, name))}


@dataclass(frozen=True)
class Ledger:
    """Learnt batches by name; a changed ledger is a new one.

    Attributes
    ----------
    entries : mapping of str to LedgerEntry
        The batches.
    withdrawn : mapping of str to int
        Sets of rows removed from the batches later: name and number of rows.

    Examples
    --------
    >>> ledger = Ledger().with_batch("monday", LedgerEntry(100)).with_batch("tuesday", LedgerEntry(50))
    >>> ledger.rows, ledger.without("monday").rows, "monday" in ledger
    (150, 50, True)
    """

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
        """Number of samples learnt and not removed."""
        return sum(entry.rows for entry in self.entries.values()) - sum(self.withdrawn.values())

    def with_batch(self, batch_id: str, entry: LedgerEntry) -> "Ledger":
        """Return the ledger with one more batch."""
        return Ledger({**self.entries, batch_id: entry}, self.withdrawn)

    def extended(self, batch_id: str, rows: int) -> "Ledger":
        """Return the ledger with ``rows`` more samples of one batch.

        Raises
        ------
        LedgerError
            Where the batch was never learnt.
        """
        others, entry = self.without(batch_id), self.entries[batch_id]
        return Ledger({**others.entries, batch_id: replace(entry, rows=entry.rows + rows)}, self.withdrawn)

    def without(self, batch_id: str) -> "Ledger":
        """Return the ledger with one batch less.

        Raises
        ------
        LedgerError
            Where the batch was never learnt.
        """
        if batch_id not in self.entries:
            raise LedgerError(
                f"Batch {batch_id} is not in the ledger of {len(self)} batches", "Forget only what was learnt"
            )
        return Ledger({k: v for k, v in self.entries.items() if k != batch_id}, self.withdrawn)

    def withdrawing(self, rows_id: str, rows: int) -> "Ledger":
        """Return the ledger with ``rows`` samples, named ``rows_id``, removed from its batches."""
        return Ledger(self.entries, {**self.withdrawn, rows_id: self.withdrawn.get(rows_id, 0) + rows})

    def merged(self, other: "Ledger") -> "Ledger":
        """Return both ledgers in one.

        Raises
        ------
        LedgerError
            Where a batch is in both: it would count twice.
        """
        both = sorted(set(self.entries) & set(other.entries))
        if both:
            raise LedgerError(
                f"Both models learnt batch {both[0]}" + (f" and {len(both) - 1} more" if both[1:] else ""),
                "Forget it in one of them before merging",
            )
        withdrawn = Counter(self.withdrawn) + Counter(other.withdrawn)
        return Ledger({**self.entries, **other.entries}, dict(withdrawn))

    def to_dict(self) -> dict[str, Any]:
        """Return a form for JSON."""
        entries = {name: entry.to_dict() for name, entry in self.entries.items()}
        return {"entries": entries, "withdrawn": dict(self.withdrawn)}

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> "Ledger":
        """Invert ``to_dict``."""
        entries = {name: LedgerEntry(**entry) for name, entry in content["entries"].items()}
        return cls(entries, content["withdrawn"])
