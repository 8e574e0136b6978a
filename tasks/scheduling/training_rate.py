"""What the structure phase spent on a row, stored as tags of versions: growing is estimated from it."""

from collections.abc import Mapping

from tasks.core.constants import Tag
from tasks.core.energy_cost import EnergyCost
from tasks.models import registry


def rate_tags(spent: EnergyCost, rows: int) -> dict[str, str]:
    """What the structure phase spent on a row, as tags that descendants of a version inherit."""
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
    """What the structure phase spent on a row, from the tags of a version."""
    return EnergyCost(
        float(tags.get(Tag.TRAINING_SECONDS_PER_ROW, 0)),
        float(tags.get(Tag.TRAINING_JOULES_PER_ROW, 0)),
        float(tags.get(Tag.TRAINING_GCO2E_PER_ROW, 0)),
    )
