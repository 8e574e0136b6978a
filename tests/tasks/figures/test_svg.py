"""SVG figures rendered from templates."""

from xml.etree import ElementTree

from tasks.figures.svg import COLOURS, render_svg
from tests.helpers.figures import SVG


def test_a_figure_has_its_size_in_whole_pixels_and_our_colours() -> None:
    figure = ElementTree.fromstring(render_svg("energy", 100.6, 50.2, left=9, bars=[(8, "a", 1, "b")], source="s"))
    assert (figure.attrib["width"], figure.attrib["viewBox"]) == ("101", "0 0 101 50")
    assert COLOURS["green"] in {rect.get("fill") for rect in figure.iter(f"{SVG}rect")}
