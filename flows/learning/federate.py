"""Federation in one round: sites send sums, and their sum is the model learnt centrally."""

from pathlib import Path
from typing import Annotated, Any, Literal

from prefect import State
from pydantic import Field

from flows.engine.flow_decorator import flow
from flows.engine.outcome import Outcome
from flows.engine.session import Session, champion_of, session
from flows.inputs.parameters import DatasetName, NewLabels, Stated
from flows.learning.publication import publish_once
from greenlightning.data.counted import counted
from greenlightning.errors import InputError
from greenlightning.evaluation.comparison import Decision
from tasks.core.constants import Kind
from tasks.core.settings import GATE, Deciding, Gate
from tasks.data.reading import DETECTED, Reading
from tasks.federation.rounds import Terms, batches_of_site, merge_sites, without_site
from tasks.federation.sites import site_statistics
from tasks.models.holdouts import holdout_for
from tasks.models.version_expectations import expectations_of
from tasks.models.version_info import VersionInfo
from tasks.promotion.candidate import Candidate
from tasks.training.evaluation import evaluate_model

Contributions = Annotated[
    list[Path], Field(description="folders that sites made with `greenlightning federation contribute`")
]


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
    parent = champion_of(dataset)
    with session(dataset, Kind.FEDERATE, f"federate {dataset} ({counted(len(sites), 'site')})") as run:
        holdout = holdout_for(parent)
        sent = [site_statistics(site, path, parent, holdout, run.folder, reading) for site, path in sites.items()]
        outcome = _merged(run, parent, sent, deciding, Terms(allow_new_labels))
    return outcome.completed()


@flow(name="combine", flow_run_name="combine {dataset}", persist_result=False)
def combine(
    dataset: DatasetName,
    contributions: Contributions,
    deciding: Gate = GATE,
    allow_new_labels: NewLabels = False,
    duplicates: Annotated[
        Literal["refuse", "once"], Field(description="what to do with a batch that comes twice")
    ] = "refuse",
    trusted: Annotated[
        list[str] | None, Field(description="public keys of the sites; any signature by default")
    ] = None,
    screen: Annotated[
        bool, Field(description="leave out contributions without which the holdout is surely fitted better")
    ] = False,
) -> State[Any]:
    """Check what sites sent, add it to the champion in one round, and publish the sum."""
    parent = champion_of(dataset)
    judges = holdout_for(parent) if screen else None
    terms = Terms(allow_new_labels, duplicates, frozenset(trusted) if trusted else None, judges)
    count = counted(len(contributions), "contribution")
    with session(dataset, Kind.FEDERATE, f"combine {dataset} ({count})") as run:
        outcome = _merged(run, parent, contributions, deciding, terms)
    return outcome.completed()


@flow(name="leave", flow_run_name="site {site} leaves {dataset}", persist_result=False)
def leave(
    dataset: DatasetName,
    site: Annotated[str, Field(description="the site that takes part no longer")],
    contributions: Contributions,
    reason: Stated,
    deciding: Gate = GATE,
) -> State[Any]:
    """Subtract all that a site sent and serve the result, as if it had never taken part."""
    parent = champion_of(dataset)
    gone = batches_of_site(parent, site)
    kept = Deciding.of(deciding).model_copy(update={"threshold": "keep"})
    with session(dataset, Kind.FEDERATE, f"site {site} leaves {dataset}") as run:
        holdout = holdout_for(parent)
        trained = without_site(dataset, parent.version, site, contributions, run.run_id, run.folder)
        candidate = Candidate(
            dataset=dataset,
            run_id=run.run_id,
            parent=parent,
            trained=trained,
            evaluated=evaluate_model(dataset, trained.folder, holdout, run.run_id, kept, parent),
            decision=Decision(True, f"site {site} left: {reason}"),
            holdout=holdout,
            expectations=expectations_of(parent),
            forgotten=gone,
        )
        outcome = publish_once(candidate)
    return outcome.completed()


def _merged(run: Session, parent: VersionInfo, sent: list[Path], deciding: Gate, terms: Terms) -> Outcome:
    """Publish the champion with all that was sent."""
    holdout, gate = holdout_for(parent), Deciding.of(deciding)
    trained = merge_sites(run.dataset, parent.version, sent, run.run_id, run.folder, terms)
    evaluated = evaluate_model(run.dataset, trained.folder, holdout, run.run_id, gate, parent, True)
    assert evaluated.decision is not None
    reason = f"{counted(len(sent), 'site')} in one round; {evaluated.decision.reason}"
    candidate = Candidate(
        dataset=run.dataset,
        run_id=run.run_id,
        parent=parent,
        trained=trained,
        evaluated=evaluated,
        decision=Decision(evaluated.decision.promote, reason),
        holdout=holdout,
        expectations=expectations_of(parent),
    )
    return publish_once(candidate)
