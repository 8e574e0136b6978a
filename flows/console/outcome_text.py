"""Outcomes on the terminal, and the names of versions and batches that the command line accepts."""

from collections.abc import Mapping

from rich.markup import escape

from flows.console.inert_console import out
from flows.console.plan_text import print_plan
from flows.engine.outcome import Outcome
from greenlightning.data.counted import counted
from greenlightning.evaluation.prequential import Prequential
from greenlightning.evaluation.score_text import score_text
from tasks.core.energy_cost import avoided_line
from tasks.tracking.whole_run import COVERS

KEPT = "champion kept: "


def print_outcome(outcome: Outcome, as_json: bool) -> None:
    """Print the outcome of a flow run: state, reason, scores and energy."""
    if as_json:
        print(outcome.model_dump_json())
        return
    colour = "yellow" if outcome.quarantined else "green"
    version = f" v{outcome.version}" if outcome.version and not outcome.left else ""
    reason = outcome.reason.removeprefix(KEPT)
    kept = ", not served" if outcome.state == "Kept" else ""
    out.print(
        f"[bold {colour}]{outcome.state}[/] {outcome.dataset}{version}{kept}: {escape(reason)}", highlight=False
    )
    if outcome.scores:
        when = "with all new rows learnt: " if outcome.predicted else ""
        out.print(f"  {when}" + ", ".join(f"{name} {score_text(value)}" for name, value in outcome.scores.items()))
    if outcome.predicted:
        out.print(f"  {_before_learning(outcome.predicted, outcome.prequential)}", highlight=False)
    if outcome.learnt:
        out.print(
            f"  learnt {counted(sum(outcome.learnt.values()), 'row')} in {counted(len(outcome.learnt), 'batch')}"
        )
    if outcome.spent:
        cost = f"{outcome.spent.seconds:.2f} s, {outcome.spent.text}"
        out.print(f"  spent on {outcome.work} {cost} ({outcome.spent.known})")
    if outcome.avoided:
        out.print(f"  {avoided_line(outcome.avoided)} ({outcome.avoided.known})")
    if outcome.whole:
        cost = f"{outcome.whole.seconds:.2f} s, {outcome.whole.text}"
        out.print(f"  whole run {cost} ({COVERS}; {outcome.whole.known})", highlight=False)
    if outcome.plan:
        print_plan(outcome.plan, out)
    said = {reason for batch in outcome.quarantined for reason in batch.reasons}
    for note in [note for note in outcome.notes if note not in said]:
        out.print(f"  [yellow]note[/] {escape(note)}", highlight=False)
    for fault in outcome.refused:
        out.print(f"  [red]refused[/] {escape(fault)}", highlight=False)
    for batch in outcome.quarantined:
        more = "; ".join(one for one in batch.reasons if one not in outcome.reason)
        about = escape(f"{batch.source} ({batch.batch})" + (f": {more}" if more else ""))
        out.print(f"  [yellow]quarantined[/] {about}", highlight=False)
    for command in quarantine_commands(outcome):
        out.print(f"  {escape(command)}", highlight=False, soft_wrap=True)


def _before_learning(new: Prequential, stream: Prequential | None) -> str:
    """How the champion predicted the new rows before they were learnt, and the stream so far."""
    text = f"prequential {_named(new.mean)} on {counted(new.rows, 'new row')}, predicted before learning"
    if stream is None or stream.rows == new.rows:
        return text
    return f"{text}; {_named(stream.mean)} over {stream.rows:,} rows so far, recently {_named(stream.recent)}"


def _named(scores: Mapping[str, float]) -> str:
    """The first score, with its name."""
    return next(f"{name} {score_text(value)}" for name, value in scores.items())


def quarantine_commands(outcome: Outcome) -> list[str]:
    """What to do about quarantined batches; the batch is named where there is one."""
    if not outcome.quarantined:
        return []
    first = outcome.quarantined[0]
    where = (
        f"{first.batch if len(outcome.quarantined) == 1 else 'BATCH'} --dataset {first.dataset or outcome.dataset}"
    )
    look = f"look: greenlightning quarantine show {where}"
    if all(batch.unlearnable for batch in outcome.quarantined):
        known = any(first.unlearnable in one for one in (outcome.reason, *first.reasons))
        mended = f"then: mend {first.source}{'' if known else f' ({first.unlearnable})'}, and ingest it again"
        return [look, mended, f"      greenlightning quarantine discard {where} --reason WHY"]
    return [look, f"then: greenlightning quarantine accept {where} --reason WHY (or discard)"]
