"""The pictures of each run, as SVG: everything is inside the picture, and they say what they must."""

from xml.etree import ElementTree

import numpy as np
import pytest

from greenlightning.health.assessment import StructureHealth
from tasks.figures.health_figure import health_figure
from tasks.figures.run_figures import confusion_figure, energy_figure
from tasks.figures.svg import LETTER

SVG = "{http://www.w3.org/2000/svg}"
RATES = np.array([[0.0, 0.5, 1.0], [0.25, 0.5, 0.75]])
PICTURES = {
    "digits": confusion_figure(np.diag(np.arange(10)) + 1, range(10)),
    "names": confusion_figure([[5, 1], [0, 7]], ["a very long name", "another <long> one"]),
    "many": confusion_figure(np.eye(120, dtype=int), range(120)),
    "energy": energy_figure({"GreenLightning": 41.2, "conventional": 1830.0}, "measured:rapl"),
    "no energy": energy_figure({"GreenLightning": 0.0, "conventional": 0.0}, "estimated:cpu"),
    "health": health_figure(StructureHealth(9, 8, (), RATES, np.array([0.0, 0.4]), np.array([0.1, 0.1, 0.1]))),
}


def texts(picture: str) -> list[str]:
    return [text.text or "" for text in ElementTree.fromstring(picture).iter(f"{SVG}text")]


@pytest.mark.parametrize("picture", PICTURES.values(), ids=PICTURES)
def test_no_text_that_lies_flat_is_cut_off(picture: str) -> None:
    whole = ElementTree.fromstring(picture)
    for text in whole.iter(f"{SVG}text"):
        if "transform" not in text.attrib:
            x, y = float(text.attrib["x"]), float(text.attrib["y"])
            width = LETTER * float(text.get("font-size", 12)) / 12 * len(text.text or "")
            before = {"start": 0.0, "middle": width / 2, "end": width}[text.get("text-anchor", "start")]
            assert x - before >= 0, text.text
            assert x - before + width <= float(whole.attrib["width"]), text.text
            assert 0 < y < float(whole.attrib["height"]), text.text


def test_confusion_counts_the_rows_that_are_right_and_names_may_hold_any_sign() -> None:
    assert {"92.3% correct", "12 of 13 rows of the holdout", "5", "7", "1", "another <long> one"} <= set(
        texts(PICTURES["names"])
    )


def test_of_many_classes_every_fourth_is_named_and_no_cell_numbered() -> None:
    assert [text for text in texts(PICTURES["many"]) if text.isdecimal()][:4] == ["0", "0", "4", "4"]
    assert len(texts(PICTURES["many"])) == 2 + 2 * 30 + 2


def test_energy_says_how_it_is_known_and_how_much_more_the_other_took() -> None:
    found = texts(PICTURES["energy"])
    assert "energy in joules (measured:rapl)" in found
    assert {"41.2 J", "1.83 kJ, 44.4 × ours"} <= set(found)


def test_health_has_a_dot_for_each_gate_and_the_share_of_rows_in_each_bin() -> None:
    paths = [path.attrib["d"] for path in ElementTree.fromstring(PICTURES["health"]).iter(f"{SVG}path")]
    [gates] = [path for path in paths if path.endswith("h0")]
    assert gates == "M70.0 342.0h0M250.0 252.0h0M430.0 162.0h0"
    assert {"Structure health: unknown", "8 of 9 rows looked at", "100%", "0.4"} <= set(texts(PICTURES["health"]))
