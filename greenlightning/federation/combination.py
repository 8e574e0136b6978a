"""The coordinator's sum: every batch once, whatever the order and partition, with each site in the ledger."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Literal

from greenlightning.data.ledger import LedgerEntry
from greenlightning.errors import MismatchError
from greenlightning.federation.contribution import Contribution
from greenlightning.model import GreenLightningModel

SHORT = 16


def combine(
    model: GreenLightningModel,
    contributions: Iterable[Contribution],
    *,
    duplicates: Literal["refuse", "once"] = "refuse",
) -> GreenLightningModel:
    """Add the sums of all contributions to a model.

    The result has the statistics of a model that learnt all rows in one place, to the bit. Late joiners are added
    to an earlier result; ``withdraw`` takes those of a site out again.

    Parameters
    ----------
    model : GreenLightningModel
        An empty model under the published recipe, or an earlier sum.
    contributions : iterable of Contribution
        What sites sent, in any order.
    duplicates : {"refuse", "once"}
        What to do with a batch that two sites sent, or that is learnt already.

    Returns
    -------
    GreenLightningModel
        The sum.

    Raises
    ------
    MismatchError
        Where a batch comes twice and ``duplicates`` is "refuse", one comes again under another name, or two
        senders use the name of one site.
    """
    owners: dict[str, str] = {}
    sums = {entry.sums: batch for batch, entry in model.ledger.entries.items() if entry.sums}
    for one in contributions:
        if owners.setdefault(one.site, one.sender) != one.sender:
            raise MismatchError(f"Two keys sign as site {one.site}", "Ask which of them is the site's")
        if one.batch in model.ledger:
            if duplicates == "once":
                continue
            raise MismatchError(
                f"Site {one.site} sent batch {one.batch}, which is counted already",
                "Leave it out, or count it once",
            )
        if (other := sums.setdefault(_sums_of(one), one.batch)) != one.batch:
            raise MismatchError(
                f"Batches {other} and {one.batch} of site {one.site} have the same sums: one is a copy",
                "Leave one out",
            )
        entry = LedgerEntry(one.rows, one.md5, one.site, sums=_sums_of(one))
        model = model.absorb(one.statistics, one.batch, entry)
    return model


def withdraw(model: GreenLightningModel, contributions: Iterable[Contribution], site: str) -> GreenLightningModel:
    """Subtract what a site sent, as if it had never taken part.

    Parameters
    ----------
    model : GreenLightningModel
        A sum in which the site takes part.
    contributions : iterable of Contribution
        What it sent.
    site : str
        Its name.

    Returns
    -------
    GreenLightningModel
        The sum without it, to the bit.

    Raises
    ------
    LedgerError
        Where a batch is not in the sum.
    MismatchError
        Where the site has batches in the sum that are not given, or others of their names are.
    """
    given = [one for one in contributions if one.site == site]
    mine = {name for name, entry in model.ledger.entries.items() if entry.site == site}
    if missing := sorted(mine - {one.batch for one in given}):
        raise MismatchError(f"Batch {missing[0]} of site {site} is not given", "Give all that the site sent")
    for one in given:
        model = without(model, one)
    return model


def without(model: GreenLightningModel, one: Contribution) -> GreenLightningModel:
    """Subtract one contribution; raise LedgerError where its batch is not in the sum, or MismatchError."""
    left, entry = model.ledger.without(one.batch), model.ledger.entries[one.batch]
    recipe = one.statistics.recipe[:SHORT]
    if entry.sums and entry.sums.startswith(recipe) and entry.sums != _sums_of(one):
        raise MismatchError(
            f"Batch {one.batch} of site {one.site} has other sums than those that were added",
            "Give the message that the site sent then",
        )
    return replace(model, statistics=model.statistics - one.statistics, ledger=left)


def _sums_of(one: Contribution) -> str:
    """Name the sums of a contribution; after growing, those of the same rows have another recipe."""
    return f"{one.statistics.recipe[:SHORT]}:{one.statistics.digest[:SHORT]}"
