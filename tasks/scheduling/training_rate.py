"""The cost of conventional training per row, stored as tags of versions, and the energy avoided."""

from collections.abc import Mapping

from tasks.core.constants import Tag
from tasks.core.energy_cost import EnergyCost
from tasks.models import registry


def avoided_by(parent: registry.VersionInfo, rows: int, spent: EnergyCost) -> EnergyCost:
    """Estimate what extracting a network from all ``rows`` again would have spent beyond ``spent``.

    The estimate is the structure phase's own energy a row, times the rows; its source says so.
    """
    full = training_rate(parent.tags) * rows
    return EnergyCost(
        full.seconds - spent.seconds,
        full.joules - spent.joules,
        full.gco2e - spent.gco2e,
        "estimated:structure-phase-energy*rows",
    )


def rate_tags(spent: EnergyCost, rows: int) -> dict[str, str]:
    """The cost of conventional training per row, as tags that descendants of a version inherit."""
    a_row = spent * (1 / rows)
    return {
        Tag.TRAINING_SECONDS_PER_ROW: repr(a_row.seconds),
        Tag.TRAINING_JOULES_PER_ROW: repr(a_row.joules),
        Tag.TRAINING_GCO2E_PER_ROW: repr(a_row.gco2e),
    }


def inherited_rate(parent: registry.VersionInfo) -> dict[str, str]:
    """The rate tags of version ``parent``, for a version made from it."""
    return {name: parent.tags[name] for name in rate_tags(EnergyCost(), 1) if name in parent.tags}


def training_rate(tags: Mapping[str, str]) -> EnergyCost:
    """The cost of conventional training per row, from the tags of a version."""
    return EnergyCost(
        float(tags.get(Tag.TRAINING_SECONDS_PER_ROW, 0)),
        float(tags.get(Tag.TRAINING_JOULES_PER_ROW, 0)),
        float(tags.get(Tag.TRAINING_GCO2E_PER_ROW, 0)),
    )
