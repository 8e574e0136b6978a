"""docs/reliability.md of the trials that were done."""

from tests.reliability.kinds.soak import CURVE
from tests.reliability.trials import PLAN, Outcome, Records

HEAD = """# Reliability

`make reliability` attacks small workspaces and writes this page; the tests make the same attacks, fewer of them.
It goes on where it was broken off: what was done is in `tests/reliability/results.jsonl`.
Harm means: something is lost, doubled, half-written or unpushed, a version differs from the sums of exactly its
batches, an error names nobody, or the repeated command does not reach the state that it reaches undisturbed.
Every durable step has a [fault point](decisions/0054-turns-and-fault-points.md).
*Steps* are calls that change a store; *commands* are those of the command line, from `ingest` to `restore`.

| attack | done | planned | with harm |
|---|--:|--:|--:|
"""
SOAK = """
## Retrainings on end
{retrainings} retrainings of 40 rows each in one workspace, nothing pruned, the curve from `make reliability`.

| after | MB on the disk | files and folders | processor seconds of a retraining | MB of memory |
|--:|--:|--:|--:|--:|
"""
TAIL = """
Before 2026-11-29 22:00 UTC the attacks were on steps alone, each in its own process, and are not in the table.
They were 34 kills and 102 system errors at fault points, 63 at changes of files, 21 full disks, 92 flips and cuts,
4 races and 4 sequences; one did harm, an error of DVC that did not name the machine, and is mended.
These attacks found nine more faults, all mended, with tests and the harmful trials done again:

- an acceptance that failed half-way kept its batch in quarantine;
- a killed restore could not be repeated;
- a zip file with a nameless member ended in an `IndexError`;
- of two acceptances of one batch at once, one ended with an error that names nobody;
- an acceptance that ended after DVC had the batch was refused when it was repeated;
- a database that a kill left half-written was called damaged until another program opened it;
- a kill while a version's files were being shared with its parent left the champion refused as changed;
- the refusal of an NPZ file had two lines, where the name of an array had a line break;
- a command that refused a file was sometimes aborted at its end, while a thread of Arrow's held the file's bytes.

Of the changes of files by whatever library every tenth was attacked.
The seconds of the retrainings on end are from two processors that two to four other processes shared.
In turn afterwards, 25 retrainings each: 0.66 processor seconds (median) with 30 batches learnt, and 0.73 with 500,
so 0.1 ms more for each batch; it was 0.8 ms before a version kept its batches in few tags, and 5 ms before that.
A retraining leaves 43 files, and 0.5 MB at first and 0.8 MB after 500, as ledger and lineage name every batch.
Fifty of them ran in one process, which grew by 0.4 MB each; the first of a process has 712 MB at the start and
731 MB after 450.
Each retraining runs in a fork of its own where `up` runs.
[Keep the workspace small](how-to/keep-the-workspace-small.md) has what 60 retrainings on the digits left and took.
Damage is named by `verify`, with the remedy ([Check the workspace](how-to/check-and-restore.md)).
"""
ROWS = 12
"""At most so many rows of the curve, and its last."""


def page(records: Records) -> str:
    """The figures of all attacks, and the curve of the retrainings on end."""
    plans = {plan["trial"]: plan for plan in records.of(PLAN)}
    notes = [f"\n{what.capitalize()}: {plan['about']}.\n" for what, plan in plans.items() if plan["about"]]
    return HEAD + "".join(_row(plan, records) for plan in plans.values()) + "".join(notes) + _soak(records) + TAIL


def _row(plan: Outcome, records: Records) -> str:
    done = list(records.of(plan["trial"]))
    times, harm = sum(line["times"] for line in done), sum(bool(line["harm"]) for line in done)
    return f"| {plan['trial']} | {times:,} | {plan['times']:,} | {harm:,} |\n"


def _soak(records: Records) -> str:
    curve = list(records.of(CURVE))
    if not curve:
        return ""
    shown = [*curve[:: -(-len(curve) // ROWS)], curve[-1]]
    rows = {
        int(at["trial"]): f"| {at['trial']} | {at['megabytes']:.1f} | {at['files']:,} | {at['seconds']:.2f} | "
        f"{at['memory']:.0f} |\n"
        for at in shown
    }
    return SOAK.format(retrainings=curve[-1]["trial"]) + "".join(rows.values())
