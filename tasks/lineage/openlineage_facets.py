"""The OpenLineage run, job, inputs, outputs and facets of a tracked run, read from MLflow and the pointers."""

import json
import os
import traceback
from collections.abc import Sequence
from importlib.metadata import version as installed
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

import attr
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, set_producer
from openlineage.client.facet_v2 import (
    DatasetFacet,
    RunFacet,
    data_quality_metrics_input_dataset,
    dataset_version_dataset,
    documentation_job,
    error_message_run,
    job_type_job,
    nominal_time_run,
    parent_run,
    processing_engine_run,
    schema_dataset,
    source_code_location_job,
    tags_dataset,
)

from tasks.core.constants import Kind, Metric, Tag
from tasks.core.workspace import Workspace
from tasks.lineage.tree import ledger_entries
from tasks.models import registry
from tasks.tracking.code_version import code_tags, repository
from tasks.tracking.inputs import batch_of

if TYPE_CHECKING:
    from mlflow.entities import DatasetInput
    from mlflow.entities import Run as TrackedRun

VERSION = installed("greenlightning")
PRODUCER = f"urn:greenlightning:{VERSION}"
SCHEMAS = "urn:greenlightning:openlineage:1-0-0"
"""Name of our facets' schemas, which ``docs/reference/openlineage/`` holds (decision 0018)."""

SERVING = (Kind.ROLLBACK,)
"""Kinds of runs that make no version and choose which one serves."""

SPENT = (Metric.JOULES, Metric.SECONDS, Metric.GCO2E)
NAMESPACE = os.environ.get("OPENLINEAGE_NAMESPACE", "greenlightning")
D = TypeVar("D", InputDataset, OutputDataset)
set_producer(PRODUCER)


@attr.define
class EnergyRunFacet(RunFacet):
    """The energy of a run, and the source of that figure."""

    joules: float
    seconds: float
    gco2e: float
    source: str

    @staticmethod
    def _get_schema() -> str:
        return f"{SCHEMAS}:EnergyRunFacet#/$defs/EnergyRunFacet"


@attr.define
class ModelDatasetFacet(DatasetFacet):
    """What a model version is: digests of its parts, ridge strength, batches and rows of its ledger."""

    version: int
    structure: str
    recipe: str
    statistics: str
    alpha: float
    batches: int
    rows: int

    @staticmethod
    def _get_schema() -> str:
        return f"{SCHEMAS}:ModelDatasetFacet#/$defs/ModelDatasetFacet"


def run_of(run_id: str, tracked: "TrackedRun | None" = None, error: BaseException | None = None) -> Run:
    """The run: its engine, nominal time and Prefect parent; what it spent once it is over, and how it failed."""
    from prefect import __version__ as prefect_version
    from prefect.runtime import flow_run

    facets: dict[str, RunFacet] = {
        "processing_engine": processing_engine_run.ProcessingEngineRunFacet(
            version=prefect_version, name="Prefect", openlineageAdapterVersion=VERSION
        )
    }
    if flow_run_id := flow_run.get_id():
        started = flow_run.get_scheduled_start_time().isoformat()
        facets["nominalTime"] = nominal_time_run.NominalTimeRunFacet(nominalStartTime=started)
        job = parent_run.Job(namespace=f"{NAMESPACE}.prefect", name=flow_run.get_flow_name() or "unknown")
        facets["parent"] = parent_run.ParentRunFacet(run=parent_run.Run(runId=flow_run_id), job=job)
    if tracked and set(SPENT) <= tracked.data.metrics.keys():
        joules, seconds, gco2e = (tracked.data.metrics[name] for name in SPENT)
        source = tracked.data.tags[Tag.ENERGY_SOURCE]
        facets["greenlightning_energy"] = EnergyRunFacet(joules, seconds, gco2e, source)
    if error:
        trace = "".join(traceback.format_exception(error))
        message = str(error) or type(error).__name__
        facets["errorMessage"] = error_message_run.ErrorMessageRunFacet(message, "Python", trace)
    return Run(str(UUID(run_id)), facets)


def job_of(dataset: str, kind: Kind) -> Job:
    """The job: one a dataset and kind of run, with its documentation and the code that it runs."""
    from prefect.context import FlowRunContext

    context = FlowRunContext.get()
    described = (context.flow.description if context and context.flow else None) or f"{kind} {dataset}"
    facets: dict[str, Any] = {
        "documentation": documentation_job.DocumentationJobFacet(described, "text/plain"),
        "jobType": job_type_job.JobTypeJobFacet("BATCH", "GREENLIGHTNING", "FLOW"),
    }
    commit = code_tags()[Tag.GIT_COMMIT]
    if commit != "unknown":
        where = repository()
        facets["sourceCodeLocation"] = source_code_location_job.SourceCodeLocationJobFacet(
            "git", where, repoUrl=where, path="flows", version=commit
        )
    return Job(NAMESPACE, f"{dataset}.{kind}", facets)


def inputs_of(dataset: str, tracked: "TrackedRun", made: Sequence[registry.VersionInfo]) -> list[InputDataset]:
    """The batches that a run read, those of sites, and the version that the one it ``made`` started from.

    Of a run that scored a file: the file, and the version that answered.
    """
    read = tracked.inputs.dataset_inputs if tracked.inputs else []
    if answered := tracked.data.tags.get(Tag.ANSWERED_BY):
        answering = _version(registry.version(dataset, int(answered)), InputDataset)
        return [*(_scored_file(dataset, entry) for entry in read), answering]
    found = [_batch(entry) for entry in read]
    for info in made:
        parent = registry.version(dataset, info.parent) if info.parent else None
        new = info.batches.keys() - (parent.batches.keys() if parent else set())
        if unread := new - {batch_of(entry) for entry in read}:
            entries = ledger_entries(info).items()
            found += [_site(dataset, name, entry) for name, entry in entries if entry["site"] and name in unread]
        found += [_version(parent, InputDataset)] if parent else []
    return found


def outputs_of(
    dataset: str, kind: Kind, made: Sequence[registry.VersionInfo], tracked: "TrackedRun | None" = None
) -> list[OutputDataset]:
    """The version that a run made; of one that chose which version serves, that one; or predictions."""
    if tracked and (md5 := tracked.data.tags.get(Tag.PREDICTIONS_MD5)):
        name = Path(tracked.data.tags[Tag.PREDICTIONS]).name
        return [OutputDataset(NAMESPACE, f"{dataset}/predictions/{name}", facets=_facets(md5, "predictions"))]
    if not made and kind in SERVING and (serving := registry.champion(dataset)):
        made = [serving]
    return [_version(info, OutputDataset) for info in made]


def _version(info: registry.VersionInfo, shape: type[D]) -> D:
    """A model version as a version of the dataset ``<name>/model``."""
    facets: dict[str, DatasetFacet] = {
        "version": dataset_version_dataset.DatasetVersionDatasetFacet(info.tags[Tag.STATISTICS_DIGEST]),
        "greenlightning_model": ModelDatasetFacet(
            version=info.version,
            structure=info.tags[Tag.STRUCTURE_DIGEST],
            recipe=info.tags[Tag.RECIPE_DIGEST],
            statistics=info.tags[Tag.STATISTICS_DIGEST],
            alpha=float(info.tags[Tag.ALPHA]),
            batches=int(info.tags[Tag.BATCHES]),
            rows=int(info.tags[Tag.ROWS]),
        ),
    }
    return shape(NAMESPACE, f"{info.dataset}/model", facets=facets)


def _batch(entry: "DatasetInput") -> InputDataset:
    """A batch as MLflow has it: name, md5, rows, role; and its columns where its bytes are in the workspace."""
    import pyarrow.parquet

    role = next(tag.value for tag in entry.tags if tag.key == "mlflow.data.context")
    where = Path(json.loads(entry.dataset.source)["uri"])
    facets = _facets(entry.dataset.digest, role)
    size, file = None, Workspace.current().root / where
    if file.is_file():
        size = file.stat().st_size
        columns = pyarrow.parquet.read_schema(file)
        fields = [schema_dataset.SchemaDatasetFacetFields(name=c.name, type=str(c.type)) for c in columns]
        facets["schema"] = schema_dataset.SchemaDatasetFacet(fields)
    rows = json.loads(entry.dataset.profile or "")["num_rows"]
    return _input(f"{where.parent.name}/batches/{where.stem}", facets, rows, size)


def _scored_file(dataset: str, entry: "DatasetInput") -> InputDataset:
    """A file that was predicted: md5 and rows; it is no batch, and no column of it is kept."""
    rows = json.loads(entry.dataset.profile or "")["num_rows"]
    return _input(f"{dataset}/files/{entry.dataset.name}", _facets(entry.dataset.digest, "scored"), rows, None)


def _site(dataset: str, batch: str, entry: dict[str, Any]) -> InputDataset:
    """What a site's own file adds: name, md5 and rows; no sample and no column of it is here."""
    facets = _facets(entry["md5"], "training")
    return _input(f"{dataset}/sites/{entry['site']}/{batch}", facets, entry["rows"], None)


def _facets(md5: str, role: str) -> dict[str, DatasetFacet]:
    tag = tags_dataset.TagsDatasetFacetFields("role", role, "GREENLIGHTNING")
    return {
        "version": dataset_version_dataset.DatasetVersionDatasetFacet(md5),
        "tags": tags_dataset.TagsDatasetFacet([tag]),
    }


def _input(name: str, facets: dict[str, DatasetFacet], rows: int, size: int | None) -> InputDataset:
    measured = data_quality_metrics_input_dataset.DataQualityMetricsInputDatasetFacet(
        columnMetrics={}, rowCount=rows, bytes=size
    )
    return InputDataset(NAMESPACE, name, facets=facets, inputFacets={"dataQualityMetrics": measured})
