"""What the structure phase spent on a row is passed on from version to version, exactly."""

from tasks.core.energy_cost import EnergyCost
from tasks.models.version_info import VersionInfo
from tasks.scheduling.training_rate import inherited_rate, rate_tags, training_rate

SPENT = EnergyCost(20.0, 300.0, 0.1, "measured:rapl")


def version(tags: dict[str, str]) -> VersionInfo:
    return VersionInfo("d", 1, "run", "2026-01-01", (), tags, "")


def test_a_rate_survives_its_tags_exactly() -> None:
    rate = training_rate(rate_tags(SPENT, 300))
    assert (rate.seconds, rate.joules, rate.gco2e) == (20 / 300, 1.0, 0.1 / 300)


def test_a_version_inherits_the_rate_and_no_other_tag() -> None:
    tags = rate_tags(SPENT, 300)
    assert inherited_rate(version({**tags, "alpha": "1.0"})) == tags
    assert inherited_rate(version({})) == {}
    assert training_rate({}) == EnergyCost()
