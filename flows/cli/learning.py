"""Commands that train on data, retrain, and forget it."""

from typing import Annotated, Any, Literal

import typer

from flows.cli.options import (
    AsJson,
    ClassWeights,
    Costs,
    Dataset,
    Keep,
    Margin,
    Metric,
    NewLabels,
    OnRed,
    QuarantineMoved,
    Reason,
    Runner,
    Threshold,
    class_weight_of,
    deciding_options,
    run,
    submit,
    user_path,
)
from greenlightning.structure.defaults import EPOCHS

commands = typer.Typer()


def _source(text: str) -> str:
    """A carbon source; the path of a CSV file is made absolute."""
    kind, _, place = text.partition(":")
    return f"csv:{user_path(place)}" if kind == "csv" and place else text


@commands.command()
def train(  # noqa: PLR0913
    dataset: Dataset,
    batch: Annotated[list[str] | None, typer.Option(help="Base batch; repeat for more. Default: all.")] = None,
    max_epochs: Annotated[
        int | None,
        typer.Option(min=1, help=f"Maximum epochs of structure extraction. Default: {EPOCHS}."),
    ] = None,
    early_stopping: Annotated[
        bool,
        typer.Option(
            "--early-stopping", help="Stop extraction where more epochs no longer help the solved model."
        ),
    ] = False,
    random_state: Annotated[int, typer.Option(min=0, help="Seed of the random numbers.")] = 0,
    paths: Annotated[
        Literal["auto", "explicit", "landmarks", "synthetic"],
        typer.Option(help="Path features. synthetic: landmarks that are nobody's rows, as a federation needs."),
    ] = "auto",
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    margin: Margin = 0.01,
    metric: Metric = "auto",
    threshold: Threshold = "auto",
    cost: Costs = None,
    class_weight: ClassWeights = None,
    keep: Keep = "everything",
    holdout: Annotated[
        Literal["auto", "time", "random"],
        typer.Option(help="Rows held out: the latest, sliding (auto, where a time is declared), or random ones."),
    ] = "auto",
    runner: Runner = "local",
    quarantine_moved: QuarantineMoved = "never",
    as_json: AsJson = False,
) -> None:
    """Extract the structure from the base batches, train the linear part on them, and publish the version."""
    from flows.inputs.deciding import check_deciding
    from flows.inputs.learning import check_training
    from tasks.core.settings import Deciding, Learning

    learning = Learning(
        max_epochs=max_epochs or "auto",
        early_stopping=early_stopping,
        random_state=random_state,
        paths=paths,
        device=device,
        class_weight=class_weight_of(class_weight),
    )
    deciding = Deciding(**deciding_options(margin, metric, threshold, cost), keep=keep, holdout=holdout)
    check_training(dataset, batch)
    check_deciding(dataset, deciding, learning.class_weight)
    from flows.learning.train import train as flow

    run(
        flow,
        as_json,
        dataset=dataset,
        batches=batch,
        learning=learning,
        deciding=deciding,
        runner=runner,
        quarantine_moved=quarantine_moved,
    )


@commands.command()
def retrain(  # noqa: PLR0913
    dataset: Annotated[
        str | None, typer.Option("--dataset", "-d", help="Default: every dataset that has a champion.")
    ] = None,
    batch: Annotated[
        list[str] | None,
        typer.Option(
            "--batch", "--batches", help="Batch to learn; repeat, or separate by commas. Default: all new ones."
        ),
    ] = None,
    landed_from: Annotated[
        str | None, typer.Option("--from", help="Only batches that landed on this day or time, or later; UTC.")
    ] = None,
    landed_to: Annotated[
        str | None, typer.Option("--to", help="Only batches that landed on this day or time, or earlier; UTC.")
    ] = None,
    keep: Keep = "everything",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be learnt and its estimated cost; change nothing.")
    ] = False,
    allow_new_labels: NewLabels = False,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    margin: Margin = 0.01,
    metric: Metric = "auto",
    threshold: Threshold = "auto",
    cost: Costs = None,
    class_weight: ClassWeights = None,
    on_red: OnRed = "recommend",
    when: Annotated[
        str | None,
        typer.Option(metavar="TRIGGERS", help="Learn only once one is due, such as: 5000 rows or 24h or drift."),
    ] = None,
    latest_start: Annotated[
        str | None, typer.Option(help="Start by this ISO date-time, or duration from now such as PT6H.")
    ] = None,
    carbon_source: Annotated[
        str,
        typer.Option(
            parser=_source,
            metavar="SOURCE",
            help="Wait for low carbon intensity: csv:PATH, electricitymaps:URL or uk:URL. Needs a worker.",
        ),
    ] = "none",
    jitter: Annotated[str | None, typer.Option(help="Maximum random delay of the start. Needs a worker.")] = None,
    runner: Runner = "local",
    quarantine_moved: QuarantineMoved = "never",
    as_json: AsJson = False,
) -> None:
    """Learn the batches that the champion has not learnt; the cost is that of the new rows."""
    from flows.inputs.deciding import check_deciding
    from flows.inputs.learning import check_retraining
    from flows.inputs.retrain_request import RetrainRequest
    from flows.inputs.selection import Selection
    from tasks.core.settings import Deciding, Learning

    names = [name.strip() for names in batch or () for name in names.split(",")] or None
    selected: dict[str, Any] = {"batches": names, "landed_from": landed_from, "landed_to": landed_to}
    given: dict[str, Any] = {
        "deciding": Deciding(
            **deciding_options(margin, metric, threshold, cost),
            class_weight=class_weight_of(class_weight),
            keep=keep,
        ),
        "allow_new_labels": allow_new_labels,
        "dry_run": dry_run,
        "latest_start": latest_start,
        "carbon_source": carbon_source,
        "jitter": jitter,
        "runner": runner,
        "on_red": on_red,
        "when": when,
        "quarantine_moved": quarantine_moved,
    }
    learning = Learning(device=device)
    check_retraining(dataset, RetrainRequest(selection=Selection(**selected), learning=learning, **given))
    if dataset is not None:
        check_deciding(dataset, given["deciding"], new_labels=allow_new_labels)
    from flows.learning.retrain import retrain as flow

    waits = carbon_source != "none" or jitter is not None
    (submit if waits else run)(flow, as_json, dataset=dataset, device=device, **selected, **given)


@commands.command()
def forget(
    dataset: Dataset,
    batch: Annotated[str | None, typer.Argument(help="Batch id, 16 hex digits.")] = None,
    named: Annotated[str | None, typer.Option("--batch", help="The same, as retrain takes it.")] = None,
    reason: Reason = "asked for",
    strict: Annotated[
        bool, typer.Option("--strict", help="Extract structure and recipe again without it.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Forget a learnt batch: exactly in the linear part, and with --strict in the structure too."""
    from flows.inputs.learning import check_forgetting

    if (chosen := batch or named) is None or (batch and named):
        raise typer.BadParameter("Name one batch; see them with: greenlightning lineage", param_hint="BATCH")
    check_forgetting(dataset, chosen)
    from flows.learning.forget import forget as flow

    run(flow, as_json, dataset=dataset, batch=chosen, reason=reason, strict=strict)
