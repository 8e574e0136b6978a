"""Federation in one round: sites send statistics, their sum is the centralised model."""

from pathlib import Path
from typing import Annotated, Any

from prefect import State
from pydantic import Field

from flows.engine.flow_decorator import flow
from flows.engine.outcome import published
from flows.engine.parameters import DatasetName, NewLabels
from flows.engine.session import champion_of, session
from greenlightning.errors import InputError, MismatchError
from tasks.core.constants import Kind
from tasks.core.settings import DECIDING, Deciding
from tasks.data.holdout import current_holdout
from tasks.models.version_expectations import expectations_of
from tasks.promotion.publishing import publish
from tasks.scheduling.training_rate import avoided_by, inherited_rate
from tasks.tracking.metrics import rows_metrics
from tasks.training.evaluation import evaluate_model
from tasks.training.federation import merge_sites, site_statistics


@flow(name="federate", flow_run_name="federate {dataset}", persist_result=False)
def federate(
    dataset: DatasetName,
    sites: Annotated[
        dict[str, Path],
        Field(description='each site and its own data file, like {"north": "/data/north.parquet"}'),
    ],
    deciding: Deciding = DECIDING,
    allow_new_labels: NewLabels = False,
) -> State[Any]:
    """Sum each site's statistics under the champion's structure once; equal to learning it all centrally."""
    if not sites:
        raise InputError("No site takes part", "Name each with its file: --site north=north.parquet")
    parent = champion_of(dataset)
    with session(
        dataset, Kind.FEDERATE, f"federate {dataset} ({len(sites)} site{'s' if len(sites) > 1 else ''})"
    ) as run:
        holdout = current_holdout(dataset)
        sent = [site_statistics(site, path, parent, holdout, run.folder) for site, path in sites.items()]
        learnt = merge_sites(dataset, parent.version, sent, run.run_id, run.folder, allow_new_labels)
        judged = evaluate_model(dataset, learnt.folder, holdout, run.run_id, parent, deciding.margin)
        decision = judged.decision
        assert decision is not None
        spent = learnt.spent + judged.spent
        avoided = avoided_by(parent, learnt.rows_known, spent)
        result = publish(
            dataset,
            learnt.folder,
            run.run_id,
            parent=parent,
            promote=decision.promote,
            reason=f"{len(sites)} sites in one round; {decision.reason}",
            spent=spent,
            avoided=avoided,
            rows=rows_metrics(learnt.rows, learnt.rows_learnt, 0),
            holdout=holdout,
            expectations=expectations_of(parent),
            tags=inherited_rate(parent),
        )
    if result is None:
        raise MismatchError(f"The champion of {dataset!r} moved meanwhile", "Run the federation again")
    about = {
        "scores": judged.scores,
        "spent": spent,
        "learnt": learnt.rows,
        "avoided": avoided,
        "run_id": run.run_id,
    }
    return published(result, dataset=dataset, **about).completed()
