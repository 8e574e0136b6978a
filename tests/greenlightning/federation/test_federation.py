"""Federation: any order and partition gives the sum learnt centrally; what is unsound is refused."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from greenlightning.data.batch import Batch
from greenlightning.data.files import write_tensors
from greenlightning.errors import InputError, IntegrityError, MismatchError
from greenlightning.federation import (
    Contribution,
    SigningKey,
    combine,
    contribute,
    publish,
    read_contribution,
    read_publication,
    withdraw,
)
from greenlightning.federation.messages import sign_message
from greenlightning.linear.screening import screen
from greenlightning.model import GreenLightningModel
from greenlightning.paths import LandmarkPaths, SyntheticLandmarks
from greenlightning.structure.gates import Structure

RNG = np.random.default_rng(5)
X, Y = RNG.normal(size=(240, 4)), RNG.integers(0, 3, 240)
CENTRE, NORTH, SOUTH = (SigningKey.generate() for _ in range(3))


def empty_model(synthetic: bool = True) -> GreenLightningModel:
    """A model under a recipe of twelve landmarks, which has learnt nothing."""
    weights, biases = [RNG.normal(size=(6, 4)), RNG.normal(size=(5, 6))], [np.zeros(6), np.zeros(5)]
    structure = Structure.from_arrays(np.zeros(4), np.ones(4), weights, biases)
    kind = SyntheticLandmarks if synthetic else LandmarkPaths
    paths = kind.build(structure, X, Y, n_landmarks=12)
    return GreenLightningModel.empty(paths, alpha=1.0)


EMPTY = empty_model()


def part(rows: NDArray[np.intp] | slice) -> Batch:
    return Batch(X[rows], Y[rows])


def sums(site: str, batch: Batch, sender: str = "") -> Contribution:
    """What a site sends, without the way over files."""
    return Contribution(site, sender or f"key of {site}", batch.id, None, EMPTY.collect(batch.X, batch.y))


@pytest.fixture
def published(tmp_path: Path) -> GreenLightningModel:
    publish(EMPTY, tmp_path / "publication", CENTRE)
    return read_publication(tmp_path / "publication", {CENTRE.public})


@given(st.data())
def test_every_split_order_late_joiner_and_leaver_gives_the_central_sum(data: st.DataObject) -> None:
    order = np.array(data.draw(st.permutations(range(120))))
    cuts = sorted(data.draw(st.sets(st.integers(1, 119), max_size=8)))
    parts = [part(order[a:b]) for a, b in pairwise([0, *cuts, 120])]
    sent = [sums(f"site {number % 3}", one) for number, one in enumerate(parts)]
    central = EMPTY.learn(part(slice(0, 120))).statistics
    early = data.draw(st.integers(0, len(sent)))
    model = combine(combine(EMPTY, sent[:early]), data.draw(st.permutations(sent[early:])))
    assert model.statistics.digest == central.digest
    rest = [one for one in sent if one.site != "site 0"]
    assert withdraw(model, sent, "site 0").statistics.digest == combine(EMPTY, rest).statistics.digest


def test_sums_travel_as_signed_files_and_the_ledger_names_the_sites(
    published: GreenLightningModel, tmp_path: Path
) -> None:
    for site, key, rows in (("north", NORTH, slice(0, 100)), ("south", SOUTH, slice(100, 240))):
        contribute(published, part(rows), tmp_path / site, key, site=site, md5="0" * 32)
    trusted = {NORTH.public, SOUTH.public}
    sent = [read_contribution(tmp_path / site, published, trusted) for site in ("south", "north")]
    model = combine(published, sent)
    assert model.statistics == EMPTY.learn(part(slice(0, 240))).statistics
    assert {(entry.site, entry.rows) for entry in model.ledger.entries.values()} == {
        ("north", 100),
        ("south", 140),
    }


def test_a_recipe_with_rows_of_the_base_is_published_only_where_that_is_said(tmp_path: Path) -> None:
    rows = empty_model(synthetic=False)
    with pytest.raises(InputError, match="rows of the base"):
        publish(rows, tmp_path / "publication", CENTRE)
    publish(rows, tmp_path / "publication", CENTRE, with_rows=True)
    assert read_publication(tmp_path / "publication").paths.holds_rows


@pytest.mark.parametrize("name", ["message.json", "statistics.safetensors", "statistics.json", "message.sig"])
def test_one_changed_bit_is_found(published: GreenLightningModel, tmp_path: Path, name: str) -> None:
    contribute(published, part(slice(0, 50)), tmp_path / "north", NORTH, site="north")
    place = tmp_path / "north" / name
    content = bytearray(place.read_bytes())
    content[len(content) // 2] ^= 1
    place.write_bytes(content)
    with pytest.raises(IntegrityError):
        read_contribution(tmp_path / "north", published)


@pytest.mark.usefixtures("published")
def test_a_file_that_was_not_signed_is_refused_and_a_hidden_one_is_not_read(tmp_path: Path) -> None:
    folder = tmp_path / "publication"
    (folder / ".DS_Store").write_bytes(b"left by a file manager")
    assert read_publication(folder).paths.digest == EMPTY.paths.digest
    (folder / "encoder.json").write_text("{}")
    with pytest.raises(IntegrityError, match=r"encoder\.json, which was not signed"):
        read_publication(folder)


def test_another_key_or_recipe_and_a_message_too_large_are_refused(
    published: GreenLightningModel, tmp_path: Path
) -> None:
    contribute(published, part(slice(0, 50)), tmp_path / "north", NORTH, site="north")
    with pytest.raises(MismatchError, match="not trusted"):
        read_contribution(tmp_path / "north", published, {SOUTH.public})
    with pytest.raises(MismatchError, match="summed under recipe"):
        read_contribution(tmp_path / "north", empty_model())
    with pytest.raises(MismatchError, match="are allowed"):
        read_contribution(tmp_path / "north", published, limit=100)
    with pytest.raises(MismatchError, match="no publication"):
        read_publication(tmp_path / "north")


def test_signed_tensors_that_would_unpack_to_a_terabyte_are_refused_before_they_do(
    published: GreenLightningModel, tmp_path: Path
) -> None:
    folder = tmp_path / "north"
    about = contribute(published, part(slice(0, 50)), folder, NORTH, site="north").about
    for name in ("message.json", "message.sig"):
        (folder / name).unlink()
    write_tensors(folder / "statistics.safetensors", {f"G|int8|{1 << 39}": np.zeros(9, dtype=np.uint8)})
    sign_message(folder, "contribution", about, NORTH)
    with pytest.raises(MismatchError, match="Tensors of 549,755,813,888 bytes"):
        read_contribution(folder, published)


def test_a_batch_that_two_sites_have_is_refused_or_counted_once() -> None:
    shared, own = part(slice(0, 60)), part(slice(60, 120))
    sent = [sums("north", shared), sums("south", shared), sums("south", own)]
    with pytest.raises(MismatchError, match="counted already"):
        combine(EMPTY, sent)
    assert combine(EMPTY, sent, duplicates="once").statistics == EMPTY.learn(part(slice(0, 120))).statistics


def test_a_copy_under_another_name_and_two_keys_of_one_site_are_refused() -> None:
    first = sums("north", part(slice(0, 60)))
    with pytest.raises(MismatchError, match="one is a copy"):
        combine(EMPTY, [first, replace(first, batch="renamed")])
    with pytest.raises(MismatchError, match="Two keys"):
        combine(EMPTY, [first, sums("north", part(slice(60, 120)), sender="another")])


def test_a_site_leaves_whole_or_not_at_all() -> None:
    sent = [sums("north", part(slice(0, 60))), sums("north", part(slice(60, 120)))]
    with pytest.raises(MismatchError, match="is not given"):
        withdraw(combine(EMPTY, sent), sent[:1], "north")


def test_few_rows_are_not_sent_and_nothing_is_overwritten(published: GreenLightningModel, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="20 rows at least"):
        contribute(published, part(slice(0, 19)), tmp_path / "north", NORTH, site="north")
    (tmp_path / "south").mkdir()
    (tmp_path / "south" / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="not empty"):
        contribute(published, part(slice(0, 50)), tmp_path / "south", SOUTH, site="south")


def test_the_sums_of_one_row_are_the_row() -> None:
    """Why few rows are not sent: with one row, the feature sums are its features."""
    one = sums("north", part(slice(0, 1)))
    [(_, features)] = EMPTY.paths.blocks(X[:1])
    assert one.statistics.feature_sums.tolist() == features[0].tolist()


def test_a_key_is_readable_by_its_owner_alone_and_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "north.pem"
    key = SigningKey.of(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert SigningKey.of(path).public == key.public
    with pytest.raises(FileExistsError):
        key.save(path)
    path.write_text("no key")
    with pytest.raises(InputError, match="cannot be read as a key"):
        SigningKey.load(path)


def test_sums_that_no_rows_can_have_are_refused() -> None:
    """Three features whose pairwise bounds hold, and yet no rows have these products."""
    G = np.array([[1, -1, -1], [-1, 1, -1], [-1, -1, 1]], dtype=np.int64) * 100
    sound = sums("north", part(slice(0, 60))).statistics
    wide, B = sound.G.copy(), sound.B.copy()
    wide[:3, :3] = G
    wide[:3, 3:] = wide[3:, :3] = B[:3] = 0
    with pytest.raises(MismatchError, match="not positive semidefinite"):
        screen(replace(sound, G=wide, B=B, feature_sums=B.sum(axis=1)), "north")
    screen(sound, "north")


def test_answers_that_no_rows_with_these_features_have_are_refused() -> None:
    """A site that wants more weight for its answers than its rows have: features as they were, larger ``B``."""
    sound = sums("north", part(slice(0, 60))).statistics
    more = np.zeros_like(sound.B)
    more[:, 0], more[:, 1] = 5_000, -5_000
    with pytest.raises(MismatchError, match="B breaks the Cauchy-Schwarz bound"):
        screen(replace(sound, B=sound.B + more), "north")
    with pytest.raises(MismatchError, match="a sum of squares is negative"):
        screen(replace(sound, G=sound.G - 2 * np.diag(np.diagonal(sound.G))), "north")
    zeros = np.zeros_like(sound.G)
    with pytest.raises(MismatchError, match="feature sums break the Cauchy-Schwarz bound"):
        screen(replace(sound, G=zeros), "north")
    with pytest.raises(MismatchError, match="class counts are not those of labels"):
        screen(replace(sound, target_squares=sound.target_squares + 1), "north")
