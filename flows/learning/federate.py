"""Federation in one round: sites send statistics, and their sum is the model learnt centrally."""

from pathlib import Path
from typing import Annotated, Any

from prefect import State
from pydantic import Field

from flows.engine.flow_decorator import flow
from flows.engine.session import champion_of, session
from flows.inputs.parameters import DatasetName, NewLabels
from flows.learning.publication import publish_once
from greenlightning.errors import InputError
from greenlightning.evaluation.comparison import Decision
from tasks.core.constants import Kind
from tasks.core.settings import GATE, Deciding, Gate
from tasks.data.reading import DETECTED, Reading
from tasks.models.holdouts import holdout_for
from tasks.models.version_expectations import expectations_of
from tasks.promotion.candidate import Candidate
from tasks.training.evaluation import evaluate_model
from tasks.training.federation import merge_sites, site_statistics


@flow(name="federate", flow_run_name="federate {dataset}", persist_result=False)
def federate(
    dataset: DatasetName,
    sites: Annotated[
        dict[str, Path],
        Field(description='each site and its own data file, like {"north": "/data/north.parquet"}'),
    ],
    deciding: Gate = GATE,
    allow_new_labels: NewLabels = False,
    reading: Reading = DETECTED,
) -> State[Any]:
    """Add each site's statistics, under the champion's structure, in one round; equal to learning centrally."""
    if not sites:
        raise InputError("No site takes part", "Name each with its file: --site north=north.parquet")
    parent, gate = champion_of(dataset), Deciding.of(deciding)
    count = f"{len(sites)} site{'s' if len(sites) > 1 else ''}"
    with session(dataset, Kind.FEDERATE, f"federate {dataset} ({count})") as run:
        holdout = holdout_for(parent)
        sent = [site_statistics(site, path, parent, holdout, run.folder, reading) for site, path in sites.items()]
        trained = merge_sites(dataset, parent.version, sent, run.run_id, run.folder, allow_new_labels)
        evaluated = evaluate_model(dataset, trained.folder, holdout, run.run_id, gate, parent, True)
        assert evaluated.decision is not None
        reason = f"{len(sites)} sites in one round; {evaluated.decision.reason}"
        candidate = Candidate(
            dataset=dataset,
            run_id=run.run_id,
            parent=parent,
            trained=trained,
            evaluated=evaluated,
            decision=Decision(evaluated.decision.promote, reason),
            holdout=holdout,
            expectations=expectations_of(parent),
        )
        outcome = publish_once(candidate)
    return outcome.completed()
