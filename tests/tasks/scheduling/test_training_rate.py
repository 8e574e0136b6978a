"""What a row of conventional training costs is passed on from version to version, exactly."""

import pytest

from tasks.core.energy_cost import EnergyCost
from tasks.models.version_info import VersionInfo
from tasks.scheduling.training_rate import avoided_by, inherited_rate, rate_tags, training_rate

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


def test_avoided_is_a_training_from_scratch_less_what_was_spent() -> None:
    avoided = avoided_by(version(rate_tags(SPENT, 300)), 600, EnergyCost(1.0, 10.0, 0.05))
    assert avoided.seconds == pytest.approx(39.0)
    assert avoided.joules == pytest.approx(590.0)
    assert avoided.gco2e == pytest.approx(0.15)
    assert avoided.source.startswith("estimated:")
