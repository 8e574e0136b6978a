"""Compare two versions: as a flow run, on the terminal or as JSON."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Annotated, Any

from prefect import State
from pydantic import AfterValidator, Field
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from flows.console.inert_console import InertConsole
from flows.engine.flow_decorator import flow
from flows.engine.outcome import Outcome
from flows.inputs.parameters import DatasetName
from flows.inputs.versions import version_reference
from greenlightning.evaluation.score_text import score_text
from tasks.core.energy_cost import EnergyCost
from tasks.core.settings import DECIDING
from tasks.reporting.version_comparison import VersionComparison, VersionSide, compare_versions

Row = tuple[str, str, str, str]
SHORT = 12
SAME = "same"
SHOWN_BATCHES = 10


def _checked(of: str) -> str:
    version_reference(of)
    return of


VersionReference = Annotated[str, AfterValidator(_checked), Field(description="number or alias of a version")]


@flow(name="compare", flow_run_name="compare {dataset} {a} {b}", persist_result=False)
def compare(
    dataset: DatasetName, a: VersionReference = "previous", b: VersionReference = "champion"
) -> State[Any]:
    """Compare two versions: scores on the present holdout, data, structure and energy."""
    found = compare_versions(dataset, version_reference(a), version_reference(b), DECIDING)
    names = f"version {found.a.version}", f"version {found.b.version}"
    notes = tuple(
        f"{row[0].strip()}: {row[1] or '-'} | {row[2] or '-'}" + (f" ({row[3]})" if row[3] else "")
        for section in (_scores(found), _data(found), _structure(found), _energy(found))
        for row in section
    )
    difference = found.paired.on("the holdout") if found.paired else found.unpaired
    reason = f"{names[0]} → {names[1]}: {difference}"
    return Outcome(state="Compared", dataset=dataset, reason=reason, notes=notes).completed()


def print_comparison(dataset: str, a: str, b: str, as_json: bool) -> None:
    """Print versions ``a`` and ``b``, given by number or alias, side by side."""
    found = compare_versions(dataset, version_reference(a), version_reference(b), DECIDING)
    if as_json:
        print(to_json(found))
        return
    console = InertConsole()
    console.print(as_table(found))
    for line in _summary(found):
        console.print(line, highlight=False)


def to_json(found: VersionComparison) -> str:
    """Both sides, the differences b − a, the paired comparison, and which batches each alone learnt."""
    batches = {"only_a": found.only_a, "only_b": found.only_b, "both": found.both}
    paired = found.paired and asdict(found.paired) | {
        "difference": found.paired.difference,
        "not_worse": found.paired.not_worse,
    }
    return json.dumps(asdict(found) | {"paired": paired, "differences": found.differences(), "batches": batches})


def as_table(found: VersionComparison) -> Table:
    """Scores, data, structure and energy in rows; a column a version, and what changed from a to b."""
    table = Table(title=f"{found.dataset}: scores on {found.scored_on}", box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("", _title(found.a), _title(found.b), "change"):
        table.add_column(heading, justify="left" if not heading else "right", overflow="fold")
    for section in (_scores(found), _data(found), _structure(found), _energy(found)):
        for row in section:
            table.add_row(*map(escape, row))
        table.add_section()
    return table


def _title(side: VersionSide) -> str:
    return f"version {side.version}" + (f" ({', '.join(side.aliases)})" if side.aliases else "")


def _scores(found: VersionComparison) -> Iterator[Row]:
    for name, value in found.a.scores.items():
        if (other := found.b.scores.get(name)) is not None:
            yield name, score_text(value), score_text(other), score_text(other - value, "+.4f")


def _data(found: VersionComparison) -> Iterator[Row]:
    a, b = found.a, found.b
    yield "made by", a.made_by, b.made_by, ""
    yield "created", a.created[:16], b.created[:16], ""
    yield "decision", a.decision, b.decision, ""
    yield "rows", f"{a.rows:,}", f"{b.rows:,}", f"{b.rows - a.rows:+,}"
    yield "batches", f"{len(a.batches)}", f"{len(b.batches)}", f"{len(b.batches) - len(a.batches):+}"
    yield "batches both learnt", f"{len(found.both)}", f"{len(found.both)}", ""
    yield "batches only it learnt", f"{len(found.only_a)}", f"{len(found.only_b)}", ""


def _structure(found: VersionComparison) -> Iterator[Row]:
    for name in dict.fromkeys((*found.a.structure, *found.b.structure)):
        a, b = (side.structure.get(name, "") for side in (found.a, found.b))
        yield (
            name,
            a[:SHORT] if len(a) == 64 else a,
            b[:SHORT] if len(b) == 64 else b,
            SAME if a == b else "differs",
        )


def _energy(found: VersionComparison) -> Iterator[Row]:
    avoided = "avoided (below 0: cost more)"
    for name, a, b in (
        ("spent", found.a.spent, found.b.spent),
        ("whole run", found.a.whole, found.b.whole),
        (avoided, found.a.avoided, found.b.avoided),
    ):
        if a or b:
            yield name, _cost(a), _cost(b), f"{b.joules - a.joules:+.3g} J" if a and b else ""
            sources = a.known if a else "", b.known if b else ""
            yield f"  {name.split(' (')[0]}, known by", *sources, SAME if len(set(sources)) == 1 else ""


def _cost(spent: EnergyCost | None) -> str:
    from tasks.figures.style import energy_text

    return f"{energy_text(spent)}, {spent.seconds:.2f} s" if spent else ""


def _summary(found: VersionComparison) -> Iterator[str]:
    """The paired comparison in words, and the batches that only one of the two learnt."""
    a, b = found.a.version, found.b.version
    if found.paired:
        yield f"Paired, version {a} → version {b}: {escape(found.paired.on('the holdout'))}"
    else:
        yield f"[yellow]Not compared row by row:[/] {escape(found.unpaired)}"
    for number, batches in ((a, found.only_a), (b, found.only_b)):
        if batches:
            yield f"Only version {number} learnt: {_listed(batches)}"


def _listed(batches: Mapping[str, int | None]) -> str:
    named = [f"{name} ({'?' if rows is None else f'{rows:,}'} rows)" for name, rows in batches.items()]
    more = f", and {len(named) - SHOWN_BATCHES} more" if len(named) > SHOWN_BATCHES else ""
    return ", ".join(named[:SHOWN_BATCHES]) + more
