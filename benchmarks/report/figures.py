"""Pictures of the results, in colours that the colour-blind can tell apart (Okabe & Ito), markers besides."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.core.records import Record, latest, select
from benchmarks.core.streams import STREAMS
from benchmarks.measures.throughput import COLLECT, FEATURES
from benchmarks.peers.kinds import all_kinds
from benchmarks.peers.network import FROM_SCRATCH
from benchmarks.peers.ours import OURS
from benchmarks.report.looks import Look, first_ways_of, look_of, panels, ways_of
from benchmarks.report.pairs import TEST, Spread, values
from tasks.figures.style import GREEN, INK, QUIET, titles

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

DPI = 130
ACCURACIES = (0.1, 0.3, 0.5, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99)
FAMILY_MARKERS = "o^sDvXP"
"""One for our defaults, and one for each kind of shorter training, whatever its epochs."""
STREAM_TITLES = {"iid": "i.i.d.", "drifted": "drifted labels", "incremental": "new classes arrive"}


def draw(results: Path, folder: Path) -> list[str]:
    """Save every picture that there are results for, and return their file names."""
    by_part = {part: latest(part, results) for part in ("protocol", "first", "scaling", "throughput")}
    figures: dict[str, Figure] = {}
    for dataset in dict.fromkeys(r["dataset"] for r in by_part["protocol"]):
        mine = select(by_part["protocol"], dataset=dataset)
        figures |= {f"accuracy-{dataset}": accuracy_figure(mine), f"cost-{dataset}": cost_figure(mine)}
    for dataset in dict.fromkeys(r["dataset"] for r in by_part["first"]):
        figures[f"first-{dataset}"] = first_figure(select(by_part["first"], dataset=dataset))
    makers: dict[str, tuple[str, Callable[[list[Record]], Figure]]] = {
        "history": ("scaling", history_figure),
        "features": ("scaling", features_figure),
        "throughput": ("throughput", throughput_figure),
    }
    figures |= {name: make(by_part[part]) for name, (part, make) in makers.items() if by_part[part]}
    folder.mkdir(parents=True, exist_ok=True)
    for name, figure in figures.items():
        figure.savefig(folder / f"{name}.png", dpi=DPI)
    return [f"{name}.png" for name in figures]


def accuracy_figure(protocol: list[Record]) -> "Figure":
    """Accuracy on all test rows after each batch: a panel a stream, a line a way."""
    present = [s for s in STREAMS if select(protocol, stream=s)]
    figure, axes = panels(len(present), 4.6, 4.4)
    for place, stream in zip(axes, present, strict=True):
        for peer in reversed(ways_of(protocol)):
            mine = sorted(select(protocol, stream=stream, peer=peer), key=lambda r: r["stage"])
            stages = sorted({r["stage"] for r in mine})
            spreads = [Spread.of(values(select(mine, stage=s), "accuracy")) for s in stages]
            _line(place, stages, spreads, look_of(peer), peer)
        titles(place, STREAM_TITLES[stream], "")
        place.set(xlabel="batches of 5 % taken in", xticks=range(0, 11, 2))
        _room_at_the_top(place)
    axes[0].set_ylabel("accuracy on all test rows (logit scale)")
    _legend(figure, axes[0])
    return figure


def cost_figure(protocol: list[Record]) -> "Figure":
    """Accuracy after the last batch against the joules of one retraining: up and to the left is better."""
    present = [s for s in STREAMS if select(protocol, stream=s)]
    figure, axes = panels(len(present), 4.6, 4.4)
    for place, stream in zip(axes, present, strict=True):
        for peer in ways_of(protocol):
            mine = select(protocol, stream=stream, peer=peer)
            joules = Spread.of(values([r for r in mine if r["stage"]], "joules"))
            accuracy = Spread.of(values(select(mine, stage=10), "accuracy"))
            if joules and accuracy:
                _point(place, joules, accuracy, look_of(peer), peer)
        place.set_xscale("log")
        _log(place.xaxis)
        place.minorticks_off()
        titles(place, STREAM_TITLES[stream], "")
        place.set_xlabel("energy of one retraining (J, log scale)")
        _room_at_the_top(place)
    axes[0].set_ylabel("accuracy after the last batch (logit scale)")
    _legend(figure, axes[0])
    return figure


def _families(first: list[Record]) -> dict[str, list[str]]:
    """Our ways of a first training by what the legend calls them: those that differ in epochs go together."""
    found: dict[str, list[str]] = {}
    for way in first_ways_of(first):
        if way != FROM_SCRATCH:
            found.setdefault(way if way == OURS else way.rpartition(" ")[0], []).append(way)
    return {
        "ours, defaults"
        if family == OURS
        else f"{family} {', '.join(way.rpartition(' ')[2] for way in ways)}": ways
        for family, ways in found.items()
    }


def first_figure(first: list[Record]) -> "Figure":
    """Accuracy against seconds of a first training: the network epoch by epoch, ours as points."""
    figure, [place] = panels(1, 9.6, 4.4)
    for number, record in enumerate(select(first, way=FROM_SCRATCH)):
        look = look_of(FROM_SCRATCH)
        curve = np.asarray(record["curve"])
        label = "network, each epoch" if number == 0 else None
        place.plot(curve[:, 0], curve[:, TEST], color=look.colour, linewidth=1.2, alpha=0.7, label=label)
        end = f"{FROM_SCRATCH}, the weights kept" if number == 0 else None
        place.plot(record["seconds"], record["accuracy"], look.marker, color=look.colour, markersize=8, label=end)
    families = _families(first)
    for (name, members), marker in zip(families.items(), FAMILY_MARKERS[: len(families)], strict=True):
        mine = [record for way in members for record in select(first, way=way)]
        style = {"color": GREEN, "markerfacecolor": GREEN if members == [OURS] else "white", "markersize": 8}
        place.plot(values(mine, "seconds"), values(mine, "accuracy"), marker, label=name, linestyle="", **style)
    best = max(values(first, "accuracy"))
    place.set(
        xlabel="seconds from the start, structure phase included (log scale)", ylabel="accuracy on the test rows"
    )
    place.set_xscale("log")
    _log(place.xaxis)
    place.minorticks_off()
    place.set_ylim(bottom=max(best - 0.12, 0), top=best + 0.01)
    titles(place, "First training on all rows", "one curve and one point a seed")
    place.legend(frameon=False, fontsize=9, loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def history_figure(scaling: list[Record]) -> "Figure":
    """Seconds of taking in the same batch against the history below it."""
    datasets = list(dict.fromkeys(r["dataset"] for r in select(scaling, what="history")))
    figure, axes = panels(len(datasets), 4.6, 4.2)
    for place, dataset in zip(axes, datasets, strict=True):
        for way in (OURS, FROM_SCRATCH):
            mine = select(scaling, what="history", dataset=dataset, way=way)
            sizes = sorted({r["size"] for r in mine})
            spreads = [Spread.of(values(select(mine, size=size), "seconds")) for size in sizes]
            _line(place, sizes, spreads, look_of(way), way)
        place.set(xscale="log", yscale="log", xlabel="history, in batches (log scale)", xticks=[1, 2, 5, 10, 20])
        place.xaxis.set_major_formatter(lambda value, _: f"{value:g}x")
        _log(place.yaxis)
        place.minorticks_off()
        titles(place, dataset, "")
    axes[0].set_ylabel("seconds to take in one batch (log scale)")
    _legend(figure, axes[0])
    return figure


def features_figure(scaling: list[Record]) -> "Figure":
    """Seconds of collecting one batch and of solving against the number of features, both scales logarithmic."""
    datasets = list(dict.fromkeys(r["dataset"] for r in select(scaling, what="features")))
    figure, axes = panels(len(datasets), 4.6, 4.2)
    looks = {"collect": Look(GREEN, "o", "-"), "solve": Look("#D55E00", "s", "--")}
    for place, dataset in zip(axes, datasets, strict=True):
        mine = select(scaling, what="features", dataset=dataset)
        sizes = sorted({r["D"] for r in mine})
        for name, look in looks.items():
            _line(place, sizes, [Spread.of(values(select(mine, D=D), name)) for D in sizes], look, name)
        place.set(xscale="log", yscale="log", xlabel="path features D (log scale)")
        place.set_xticks(sizes, [f"{D:,}" for D in sizes])
        _log(place.yaxis)
        place.minorticks_off()
        titles(place, dataset, "")
    axes[0].set_ylabel("seconds for one batch of 5 % (log scale)")
    _legend(figure, axes[0])
    return figure


def throughput_figure(throughput: list[Record]) -> "Figure":
    """Rates of the machine's own products and of the statistics, features included."""
    measured = list(dict.fromkeys((r["dataset"], r["paths"]) for r in throughput))
    figure, axes = panels(len(measured), 4.6, 3.4)
    for place, (dataset, paths) in zip(axes, measured, strict=True):
        mine = [r for r in select(throughput, dataset=dataset, paths=paths) if r["what"] != FEATURES]
        spreads = {what: Spread.of(values(select(mine, what=what), "giga_per_second")) for what in _in_order(mine)}
        for row, (what, found) in enumerate(spreads.items()):
            assert found is not None
            colour = GREEN if what == COLLECT else "#9aa39d"
            ends = [[found.median - found.least], [found.most - found.median]]
            place.barh(row, found.median, color=colour, height=0.62, xerr=ends, error_kw={"ecolor": QUIET})
            about = {"va": "center", "color": INK, "fontsize": 9, "textcoords": "offset points"}
            place.annotate(f"{found.median:,.0f}", (found.most, row), (6, 0), **about)
        place.set_yticks(range(len(spreads)), list(spreads))
        place.invert_yaxis()
        place.margins(x=0.16)
        place.grid(False, axis="y")
        place.set_xlabel("1e9 operations a second, as full products")
        size = f"{mine[0]['rows']:,} rows, D = {mine[0]['D']:,}"
        titles(place, f"{dataset}, {paths}", size)
    return figure


def _room_at_the_top(place: "Axes") -> None:
    """Accuracies on a logit scale: 0.98 is as far from 0.96 as 0.8 from 0.67."""
    place.set_yscale("logit")
    least, most = place.get_ylim()
    shown = [a for a in ACCURACIES if least <= a <= most]
    place.set_yticks(shown, [f"{a:g}" for a in shown])
    place.minorticks_off()


def _log(axis: "Axis") -> None:
    """A log scale that names 1, 2 and 5 of each power of ten."""
    from matplotlib.ticker import LogLocator

    axis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=12))
    axis.set_major_formatter("{x:g}")


def _in_order(records: list[Record]) -> list[str]:
    return sorted({r["what"] for r in records}, key=lambda what: (what != COLLECT, what))


def _line(place: "Axes", x: list[int], spreads: list[Spread | None], look: Look, name: str) -> None:
    found = [(at, s) for at, s in zip(x, spreads, strict=True) if s]
    at, middle = [a for a, _ in found], [s.median for _, s in found]
    about = {"linestyle": look.dashes, "linewidth": 2.6 if look.band else 1.3, "markersize": 5, "label": name}
    place.plot(at, middle, look.marker, **about, **look.style)
    if look.band:
        low, high = [s.least for _, s in found], [s.most for _, s in found]
        place.fill_between(at, low, high, color=look.colour, alpha=0.15, linewidth=0)


def _point(place: "Axes", x: Spread, y: Spread, look: Look, name: str) -> None:
    ends = {
        "xerr": [[x.median - x.least], [x.most - x.median]],
        "yerr": [[y.median - y.least], [y.most - y.median]],
    }
    about = {"fmt": look.marker, "label": name, "markersize": 8, "elinewidth": 0.9}
    place.errorbar(x.median, y.median, **about, **ends, **look.style)


def _legend(figure: "Figure", place: "Axes") -> None:
    handles, names = place.get_legend_handles_labels()
    shown = dict(zip(names, handles, strict=True))
    order = [name for name in all_kinds() if name in shown] or names
    columns = min(len(names), 4)
    style = {"loc": "outside lower center", "frameon": False, "fontsize": 9.5}
    figure.legend([shown[name] for name in order], order, ncols=columns, **style)
