"""Commands that bring data in: files, and labels that come later."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

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
    Threshold,
    class_weight_of,
    deciding_options,
    run,
    user_path,
)
from flows.cli.reading_options import (
    Decimal,
    Encoding,
    ExtraColumns,
    Files,
    LabelFile,
    Memory,
    Separator,
    Sheet,
    Wait,
)
from flows.cli.reading_options import reading as reading_of
from flows.cli.schema_options import Categorical, Identifier, Ignore, Label, TaskName, Time, declared

if TYPE_CHECKING:
    from tasks.data.preflight import Found
    from tasks.data.reading import Reading
    from tasks.data.schemas import Declared

commands = typer.Typer()


@commands.command()
def ingest(  # noqa: PLR0913
    files: Files,
    dataset: Dataset,
    label: Label = None,
    ignore: Ignore = None,
    identifier: Identifier = None,
    time: Time = None,
    categorical: Categorical = None,
    task: TaskName = "auto",
    extra_columns: ExtraColumns = "leave out",
    labels: LabelFile = None,
    separator: Separator = None,
    decimal: Decimal = None,
    encoding: Encoding = None,
    sheet: Sheet = None,
    memory: Memory = None,
    wait: Wait = 10,
    unlabelled: Annotated[
        bool, typer.Option("--unlabelled", help="The labels come later: keep the files until `label` brings them.")
    ] = False,
    allow_new_labels: NewLabels = False,
    quarantine_moved: QuarantineMoved = "never",
    as_json: AsJson = False,
) -> None:
    """Ingest files: name each by the hash of its content, validate it, then version or quarantine it."""
    reading = reading_of(
        separator=separator, decimal=decimal, encoding=encoding, sheet=sheet, memory=memory, wait=wait
    )
    if unlabelled:
        _hold(files, dataset, label, reading, as_json)
        return
    given = declared(
        label=label,
        ignore=ignore,
        identifiers=identifier,
        time=time,
        categorical=categorical,
        task=task,
        extra_columns=extra_columns,
    )
    parameters, _ = _checked(files, dataset, given, labels, reading)
    _start_engine()
    from flows.learning.ingest import ingest as flow

    run(flow, as_json, allow_new_labels=allow_new_labels, quarantine_moved=quarantine_moved, **parameters)


@commands.command()
def learn(  # noqa: PLR0913
    files: Files,
    dataset: Dataset,
    label: Label = None,
    ignore: Ignore = None,
    identifier: Identifier = None,
    time: Time = None,
    categorical: Categorical = None,
    task: TaskName = "auto",
    extra_columns: ExtraColumns = "leave out",
    labels: LabelFile = None,
    separator: Separator = None,
    decimal: Decimal = None,
    encoding: Encoding = None,
    sheet: Sheet = None,
    memory: Memory = None,
    wait: Wait = 10,
    allow_new_labels: NewLabels = False,
    quarantine_moved: QuarantineMoved = "never",
    keep: Keep = "everything",
    margin: Margin = 0.01,
    metric: Metric = "auto",
    threshold: Threshold = "auto",
    cost: Costs = None,
    class_weight: ClassWeights = None,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    on_red: OnRed = "recommend",
    as_json: AsJson = False,
) -> None:
    """Ingest files, learn all that is new, and promote the result: ingest and retrain (or train) in one run."""
    reading = reading_of(
        separator=separator, decimal=decimal, encoding=encoding, sheet=sheet, memory=memory, wait=wait
    )
    given = declared(
        label=label,
        ignore=ignore,
        identifiers=identifier,
        time=time,
        categorical=categorical,
        task=task,
        extra_columns=extra_columns,
    )
    parameters, found = _checked(files, dataset, given, labels, reading)
    from flows.inputs.deciding import check_first
    from tasks.core.settings import Deciding

    deciding = Deciding(
        **deciding_options(margin, metric, threshold, cost),
        class_weight=class_weight_of(class_weight),
        keep=keep,
    )
    check_first(dataset, found, deciding)
    _start_engine()
    from flows.learning.learn import learn as flow

    run(
        flow,
        as_json,
        allow_new_labels=allow_new_labels,
        quarantine_moved=quarantine_moved,
        deciding=deciding,
        device=device,
        on_red=on_red,
        **parameters,
    )


def _checked(
    files: list[Path], dataset: str, given: "Declared", labels: Path | None, reading: "Reading"
) -> tuple[dict[str, Any], "Found | None"]:
    """The parameters of ``ingest`` and ``learn``, and what the files hold; InputError where none can be used."""
    from tasks.data.preflight import check_files

    found = check_files(files, dataset, given, labels, reading)
    parameters = {
        "path": files[0],
        "paths": tuple(files[1:]),
        "dataset": dataset,
        "declared": given,
        "labels": labels,
        "reading": reading,
    }
    return parameters, found


def _start_engine() -> None:
    """Let a second process import what validates, while this one imports the rest."""
    from tasks.validation import engine_process

    engine_process.start()


def _hold(files: list[Path], dataset: str, label: str | None, reading: "Reading", as_json: bool) -> None:
    """Keep files without labels until the labels come."""
    from tasks.data.preflight import check_unlabelled

    check_unlabelled(files, dataset, label, reading)
    from flows.learning.label import hold_for_labels

    run(hold_for_labels, as_json, paths=tuple(files), dataset=dataset, label_column=label, reading=reading)


@commands.command()
def label(  # noqa: PLR0913
    file: Annotated[Path, typer.Argument(parser=user_path, metavar="FILE", help="Labels, one a row.")],
    dataset: Dataset,
    identifier: Annotated[
        str, typer.Option("--id", help="Column that names a row, here and in the waiting files.")
    ],
    learn: Annotated[
        Literal["all", "labelled"],
        typer.Option(help="Ingest a file once all its rows have labels, or the labelled rows at once."),
    ] = "all",
    allow_new_labels: NewLabels = False,
    quarantine_moved: QuarantineMoved = "never",
    separator: Separator = None,
    decimal: Decimal = None,
    encoding: Encoding = None,
    sheet: Sheet = None,
    memory: Memory = None,
    as_json: AsJson = False,
) -> None:
    """Join labels by identifier to the files that wait for them, and ingest those that are complete."""
    from tasks.data.preflight import check_labels

    reading = reading_of(separator=separator, decimal=decimal, encoding=encoding, sheet=sheet, memory=memory)
    check_labels(file, dataset, identifier, reading)
    from flows.learning.label import label as flow

    run(
        flow,
        as_json,
        path=file,
        dataset=dataset,
        identifier=identifier,
        learn=learn,
        allow_new_labels=allow_new_labels,
        quarantine_moved=quarantine_moved,
        reading=reading,
    )
