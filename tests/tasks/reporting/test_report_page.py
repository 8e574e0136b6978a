"""The HTML page of a report."""

from base64 import b64decode

from tasks.figures.training_figures import retrainings_figure
from tasks.lineage.drawing import Drawing
from tasks.reporting.report_page import embedded, render_report


def test_a_figure_is_svg_inside_the_page_and_the_same_numbers_give_the_same_bytes() -> None:
    figures = [embedded("steps", retrainings_figure(["base"], {"ours": [0.9]}), "a caption") for _ in range(2)]
    assert figures[0] == figures[1]
    kind, _, data = figures[0]["data"].partition(",")
    assert kind == "data:image/svg+xml;base64" and b"</svg>" in b64decode(data)


def test_values_are_escaped_and_numbers_stand_on_the_right() -> None:
    page = render_report(
        dataset="digits",
        summary="<b>",
        facts={"champion": "version 2"},
        figures=[],
        missing=["no retraining yet"],
        title="digits version 2",
        drawing=Drawing(100, 100, (), (), ()),
        columns=("a", "b", "c", "d", "rows"),
        rows=[["1", "2", "3", "4", "500"]],
    )
    assert '<p class="reason">&lt;b&gt;</p>' in page
    assert '<td class="brief">4</td><td class="number">500</td>' in page
    assert '<p class="reason">no retraining yet</p>' in page
