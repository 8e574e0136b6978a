"""The artifacts and the retries of a flow run in Prefect."""

from prefect import flow, get_client

from tasks.orchestration.artifacts import RunArtifacts, artifact_key
from tests.helpers.flow_runs import shown


def test_keys_are_as_prefect_takes_them() -> None:
    assert artifact_key("retrain", "My_Set.v2", "progress") == "retrain-my-set-v2-progress"
    assert artifact_key("report", "") == "report"


def test_outside_of_a_flow_run_there_is_nothing_to_show() -> None:
    assert RunArtifacts.current() is None


def test_a_run_creates_and_updates_its_artifacts_and_is_renamed(prefect: None) -> None:
    @flow(name="artifacts")
    def body() -> None:
        run = RunArtifacts.current()
        assert run
        run.rename("a better name")
        artifact = run.create("markdown", "page-of-a-run", "# First", "a draft")
        run.update(artifact, "# Second", "the page")

    run, artifacts = shown(body(return_state=True))
    assert run.name == "a better name"
    page = artifacts["markdown"]
    assert (page.key, page.data, page.description) == ("page-of-a-run", "# Second", "the page")


def test_a_run_sets_the_delay_of_its_next_retry_or_ends_retries(prefect: None) -> None:
    @flow(name="retries", retries=3)
    def body() -> None:
        run = RunArtifacts.current()
        assert run and (run.attempt, run.retries_left) == (1, 3)
        with get_client(sync_client=True) as client:
            run.retry_after(17)
            policy = client.read_flow_run(run.run).empirical_policy
            assert (policy.retries, policy.retry_delay) == (3, 17)
            run.stop_retrying()
            assert client.read_flow_run(run.run).empirical_policy.retries == 0

    assert body(return_state=True).is_completed()
