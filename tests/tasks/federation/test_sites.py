"""A site sums a file or a folder of files; what it sends is the same but for the batch's name."""

from pathlib import Path

import pytest

from greenlightning.errors import InputError, MismatchError
from greenlightning.federation import SigningKey, publish, read_contribution, read_publication
from greenlightning.federation.privacy import Privacy
from greenlightning.model import GreenLightningModel
from tasks.federation.sending import Sending, workspace_key
from tasks.federation.sites import contribute_rows
from tests.helpers.federation.published_table import ROWS, TABLE, in_files, publication


def test_a_folder_and_a_file_of_the_same_rows_have_the_same_sums(tmp_path: Path) -> None:
    publication(tmp_path / "publication")
    TABLE.to_csv(tmp_path / "table.csv", index=False)
    sources = {"file": tmp_path / "table.csv", "folder": in_files(tmp_path / "table")}
    for name, source in sources.items():
        sent = contribute_rows(source, Sending(tmp_path / "publication", "north", tmp_path / name))
        about = sent.message.about["site"], sent.message.sender
        assert (sent.rows, *about) == (ROWS, "north", workspace_key().public)
    published = read_publication(tmp_path / "publication")
    file, folder = (read_contribution(tmp_path / name, published) for name in sources)
    assert file.statistics == folder.statistics
    assert file.batch != folder.batch


def test_what_was_noticed_in_reading_a_file_is_told(tmp_path: Path) -> None:
    publication(tmp_path / "publication")
    messy = TABLE[TABLE.columns[::-1]].assign(remarks="see file")
    messy.to_csv(tmp_path / "table.csv", index=False, sep=";", decimal=",", na_rep="n/a")
    notes = contribute_rows(
        tmp_path / "table.csv", Sending(tmp_path / "publication", "north", tmp_path / "sent")
    ).notes
    said = " ".join(notes)
    assert "cells are separated by ';'" in said and "numbers have a decimal comma" in said
    assert "'remarks' left out" in said and "columns put in the order of the schema" in said


def test_noise_goes_over_a_folder_as_over_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With noise of standard deviation 0 both give the same sums: those of shortened rows."""
    publication(tmp_path / "publication")
    TABLE.to_csv(tmp_path / "table.csv", index=False)
    monkeypatch.setattr(Privacy, "noise_multiplier", lambda self: 0.0)
    for name, source in (("file", tmp_path / "table.csv"), ("folder", in_files(tmp_path / "table"))):
        place = tmp_path / name
        sending = Sending(tmp_path / "publication", "north", place, privacy=Privacy(3.0, 1e-5))
        about = contribute_rows(source, sending).message.about
        assert about["md5"] is None and about["noise"]["epsilon"] == 3.0
    published = read_publication(tmp_path / "publication")
    file, folder = (read_contribution(tmp_path / name, published) for name in ("file", "folder"))
    assert file.statistics == folder.statistics
    assert file.batch != folder.batch


def test_what_a_site_cannot_send_is_refused(tmp_path: Path, tiny_model: GreenLightningModel) -> None:
    publication(tmp_path / "publication")
    TABLE.to_csv(tmp_path / "table.csv", index=False)
    sending = Sending(tmp_path / "publication", "north", tmp_path / "sent", fewest_rows=ROWS + 1)
    with pytest.raises(InputError, match="Dask sums a folder"):
        contribute_rows(tmp_path / "table.csv", sending, runner="dask")
    for source in (tmp_path / "table.csv", in_files(tmp_path / "table")):
        with pytest.raises(InputError, match="601 rows at least are sent"):
            contribute_rows(source, sending)
    publish(tiny_model, tmp_path / "numbers", SigningKey.generate(), with_rows=True)
    with pytest.raises(MismatchError, match="does not say how to read a file"):
        contribute_rows(tmp_path / "table", Sending(tmp_path / "numbers", "north", tmp_path / "sent"))
