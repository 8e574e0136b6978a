"""The figure of structure health."""

from xml.etree import ElementTree

import numpy as np

from greenlightning.health.assessment import StructureHealth
from tasks.figures.health_figure import health_figure
from tests.helpers.figures import SVG, assert_svg_readable, svg_texts

RATES = np.array([[0.0, 0.5, 1.0], [0.25, 0.5, 0.75]])
FIGURE = health_figure(StructureHealth(9, 8, (), RATES, np.array([0.0, 0.4]), np.array([0.1, 0.1, 0.1])))


def test_no_text_is_cut_off() -> None:
    assert_svg_readable(FIGURE)


def test_each_gate_has_a_dot_and_each_bin_the_share_of_its_rows() -> None:
    paths = [path.attrib["d"] for path in ElementTree.fromstring(FIGURE).iter(f"{SVG}path")]
    [gates] = [path for path in paths if path.endswith("h0")]
    assert gates == "M70.0 342.0h0M250.0 252.0h0M430.0 162.0h0"
    assert {"Structure health: unknown", "8 of 9 rows examined", "100%", "0.4"} <= set(svg_texts(FIGURE))
