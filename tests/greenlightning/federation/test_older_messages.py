"""Messages that earlier releases wrote are read, and add up to what they computed; later ones are refused."""

import json
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from greenlightning.data.batch import Batch
from greenlightning.errors import IntegrityError
from greenlightning.federation import (
    SigningKey,
    combine,
    contribute,
    merged_profiles,
    publish,
    read_contribution,
    read_publication,
)
from greenlightning.federation.messages import ABOUT, FORMAT, SIGNATURE

ARCHIVES = Path(__file__).parents[2] / "fixtures" / "messages"
WRITTEN = sorted(path.name.removesuffix(".tar.xz") for path in ARCHIVES.glob("*.tar.xz"))
NORTH, SOUTH = slice(0, 50), slice(50, 120)


@dataclass(frozen=True)
class Earlier:
    """A federation of two sites as an earlier release left it, and the rows they summed."""

    folder: Path
    expected: dict[str, Any]
    X: NDArray[np.float64]
    y: NDArray[np.str_]


@pytest.fixture(params=WRITTEN)
def earlier(request: pytest.FixtureRequest, tmp_path: Path) -> Earlier:
    with tarfile.open(ARCHIVES / f"{request.param}.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    folder = tmp_path / request.param
    with np.load(folder / "rows.npz") as rows:
        return Earlier(folder, json.loads((folder / "expected.json").read_text()), rows["X"], rows["y"])


def test_every_format_that_was_ever_sent_has_its_fixture() -> None:
    number = int(FORMAT.rpartition("/")[2])
    assert {f"message-{one}" for one in range(1, number)} <= set(WRITTEN)


def test_the_fixture_is_of_the_format_that_it_says(earlier: Earlier) -> None:
    for kind in ("publication", "north", "south", "profile"):
        about = json.loads((earlier.folder / kind / ABOUT).read_text())
        assert about["format"] == earlier.expected["format"]


def test_what_sites_sent_then_adds_up_to_the_digest_of_then(earlier: Earlier) -> None:
    published = read_publication(earlier.folder / "publication")
    sent = [read_contribution(earlier.folder / site, published) for site in ("south", "north")]
    together = combine(published, sent)
    assert together.statistics.digest == earlier.expected["statistics"]
    assert together.statistics.n == earlier.expected["rows"]
    assert together.statistics == published.learn(Batch(earlier.X, earlier.y)).statistics
    assert merged_profiles([earlier.folder / "profile"]).label.rows == earlier.expected["profiled"]


def test_a_site_of_today_joins_a_federation_that_an_earlier_release_began(earlier: Earlier) -> None:
    published = read_publication(earlier.folder / "publication")
    rows = Batch(earlier.X[SOUTH], earlier.y[SOUTH])
    contribute(published, rows, earlier.folder / "today", SigningKey.generate(), site="today")
    sent = [read_contribution(earlier.folder / site, published) for site in ("north", "today")]
    assert combine(published, sent).statistics.digest == earlier.expected["statistics"]


def test_a_recipe_that_is_published_again_today_takes_sums_of_then(earlier: Earlier) -> None:
    published = read_publication(earlier.folder / "publication")
    publish(published, earlier.folder / "again", SigningKey.generate())
    again = read_publication(earlier.folder / "again")
    read_contribution(earlier.folder / "north", again)


def test_a_message_of_a_later_release_is_refused_by_its_format(earlier: Earlier) -> None:
    folder, key = earlier.folder / "north", SigningKey.generate()
    content = json.loads((folder / ABOUT).read_text()) | {"format": "greenlightning-message/99"}
    (folder / ABOUT).write_text(json.dumps(content))
    (folder / SIGNATURE).write_text(f"{key.public} {key.sign((folder / ABOUT).read_bytes())}\n")
    published = read_publication(earlier.folder / "publication")
    with pytest.raises(IntegrityError, match=r"format 'greenlightning-message/99', this release reads") as found:
        read_contribution(folder, published)
    assert found.value.remedy == "Use the release that wrote it"
