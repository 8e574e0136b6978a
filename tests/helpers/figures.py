"""What tests of figures share: their texts, and whether any is cut off."""

from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from tasks.figures.svg import LETTER

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SVG = "{http://www.w3.org/2000/svg}"


def texts(figure: "Figure") -> set[str]:
    """The visible texts of a matplotlib figure."""
    from matplotlib.text import Text

    return {text.get_text() for text in figure.findobj(Text) if text.get_text() and text.get_visible()}


def svg_texts(figure: str) -> list[str]:
    """The texts of an SVG figure in their order."""
    return [text.text or "" for text in ElementTree.fromstring(figure).iter(f"{SVG}text")]


def assert_readable(figure: "Figure", folder: Path) -> None:
    """No text of a matplotlib figure is cut off, and no two names of lines touch."""
    figure.savefig(folder / "figure.png", dpi=100)
    whole, tight = figure.bbox, figure.get_tightbbox().transformed(figure.dpi_scale_trans)
    assert tight.x0 >= 0 and tight.y0 >= 0
    assert tight.x1 <= whole.x1 and tight.y1 <= whole.y1
    names = [text.get_window_extent() for text in figure.axes[0].texts if text.get_fontweight() == "bold"]
    assert not any(a.overlaps(b) for n, a in enumerate(names) for b in names[:n])


def assert_svg_readable(figure: str) -> None:
    """No horizontal text of an SVG figure is cut off."""
    whole = ElementTree.fromstring(figure)
    for text in whole.iter(f"{SVG}text"):
        if "transform" not in text.attrib:
            x, y = float(text.attrib["x"]), float(text.attrib["y"])
            width = LETTER * float(text.get("font-size", 12)) / 12 * len(text.text or "")
            before = {"start": 0.0, "middle": width / 2, "end": width}[text.get("text-anchor", "start")]
            assert x - before >= 0, text.text
            assert x - before + width <= float(whole.attrib["width"]), text.text
            assert 0 < y < float(whole.attrib["height"]), text.text
