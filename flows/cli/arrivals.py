"""Commands that bring data in: files, and labels that come later."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from flows.cli.options import AsJson, Dataset, NewLabels, QuarantineMoved, run, user_path
from flows.cli.schema_options import Categorical, Identifier, Ignore, Label, TaskName, Time, declared

commands = typer.Typer()


@commands.command()
def ingest(  # noqa: PLR0913
    files: Annotated[
        list[Path],
        typer.Argument(parser=user_path, metavar="FILE…", help="Files, folders or globs; one batch a file."),
    ],
    dataset: Dataset,
    label: Label = None,
    ignore: Ignore = None,
    identifier: Identifier = None,
    time: Time = None,
    categorical: Categorical = None,
    task: TaskName = "auto",
    extra_columns: Annotated[
        Literal["leave out", "refuse"], typer.Option(help="What happens to columns that the schema does not know.")
    ] = "leave out",
    labels: Annotated[
        Path | None, typer.Option(parser=user_path, metavar="PATH", help="Label file of an IDX image file.")
    ] = None,
    separator: Annotated[str | None, typer.Option(help="Separator of cells, or tab. Default: detected.")] = None,
    decimal: Annotated[Literal[".", ","] | None, typer.Option(help="Decimal sign. Default: detected.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Such as cp1252. Default: detected.")] = None,
    wait: Annotated[
        float, typer.Option(min=0, max=3600, help="Seconds to wait for a file that is still being written.")
    ] = 10,
    unlabelled: Annotated[
        bool, typer.Option("--unlabelled", help="The labels come later: keep the files until `label` brings them.")
    ] = False,
    allow_new_labels: NewLabels = False,
    quarantine_moved: QuarantineMoved = "never",
    as_json: AsJson = False,
) -> None:
    """Ingest files: name each by the hash of its content, validate it, then version or quarantine it."""
    if unlabelled:
        from flows.learning.label import hold_for_labels

        run(hold_for_labels, as_json, paths=tuple(files), dataset=dataset, label_column=label)
        return
    from tasks.data.preflight import check_files
    from tasks.data.reading import Reading

    reading = Reading(separator=separator, decimal=decimal, encoding=encoding, wait=wait)
    given = declared(
        label=label,
        ignore=ignore,
        identifiers=identifier,
        time=time,
        categorical=categorical,
        task=task,
        extra_columns=extra_columns,
    )
    check_files(files, dataset, given, labels, reading)
    from flows.learning.ingest import ingest as flow

    run(
        flow,
        as_json,
        path=files[0],
        paths=tuple(files[1:]),
        dataset=dataset,
        declared=given,
        labels=labels,
        allow_new_labels=allow_new_labels,
        quarantine_moved=quarantine_moved,
        reading=reading,
    )


@commands.command()
def label(
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
    as_json: AsJson = False,
) -> None:
    """Join labels by identifier to the files that wait for them, and ingest those that are complete."""
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
    )
