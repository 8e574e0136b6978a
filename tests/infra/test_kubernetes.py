"""The job template for Kubernetes, checked without a cluster."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import prefect.server.api
import yaml
from prefect.utilities.templating import apply_values, find_placeholders

INFRA = Path(__file__).resolve().parents[2] / "infra"

TEMPLATE = json.loads((INFRA / "kubernetes" / "gpu-base-job-template.json").read_text())


VARIABLES: dict[str, dict[str, Any]] = TEMPLATE["variables"]["properties"]


DEFAULTS = {name: about["default"] for name, about in VARIABLES.items() if "default" in about}


GIVEN_BY_THE_WORKER = {"name": "fit-digits", "labels": {}, "command": ["prefect", "flow-run", "execute"]}


def shipped() -> dict[str, Any]:
    """The template of type kubernetes that Prefect ships."""
    views = Path(prefect.server.api.__file__).parent / "collections_data" / "views"
    about = json.loads((views / "aggregate-worker-metadata.json").read_text())
    found: dict[str, Any] = about["prefect-kubernetes"]["kubernetes"]["default_base_job_configuration"]
    return found


def missing(template: Any, ours: Any, at: str = "") -> list[str]:
    """Where ``ours`` lacks a key of ``template``."""
    if isinstance(template, list):
        return missing(template[0], ours[0], f"{at}[0]")
    if not isinstance(template, dict):
        return []
    absent = [f"{at}.{key}" for key in template if key not in ours]
    return absent + [
        m for key in template if key in ours for m in missing(template[key], ours[key], f"{at}.{key}")
    ]


def test_each_placeholder_of_the_template_is_a_variable_and_the_other_way_round() -> None:
    assert set(TEMPLATE) == {"variables", "job_configuration"}
    placeholders = {found.name for found in find_placeholders(TEMPLATE["job_configuration"])}
    assert placeholders == set(VARIABLES)
    jsonschema.Draft202012Validator.check_schema(TEMPLATE["variables"])
    jsonschema.validate(DEFAULTS, TEMPLATE["variables"])
    assert all("description" in about and "type" in about for about in VARIABLES.values())


def test_the_template_has_what_prefect_s_own_has_but_for_what_we_leave_out() -> None:
    left_out = {
        ".cluster_config",
        ".job_manifest.spec.template.spec.completions",  # fields of a job, which Prefect has among those of a pod
        ".job_manifest.spec.template.spec.containers[0].resources.limits.cpu",
        ".job_manifest.spec.template.spec.parallelism",
    }
    assert set(missing(shipped()["job_configuration"], TEMPLATE["job_configuration"])) == left_out


def test_a_job_asks_for_one_gpu_and_the_shared_workspace() -> None:
    job = apply_values(TEMPLATE["job_configuration"], DEFAULTS | GIVEN_BY_THE_WORKER)["job_manifest"]
    pod = job["spec"]["template"]["spec"]
    [container] = pod["containers"]
    assert container["resources"]["limits"]["nvidia.com/gpu"] == 1
    assert container["envFrom"] == [{"secretRef": {"name": "greenlightning"}}]
    assert (
        container["image"]
        == yaml.safe_load((INFRA / "compose.yaml").read_text())["services"]["worker-gpu"]["image"]
    )
    assert pod["securityContext"]["runAsNonRoot"]
    claim = yaml.safe_load((INFRA / "kubernetes" / "workspace.yaml").read_text())
    [volume] = pod["volumes"]
    assert volume["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
    assert claim["metadata"]["namespace"] == job["metadata"]["namespace"]
    assert claim["spec"]["accessModes"] == ["ReadWriteMany"]
    assert container["volumeMounts"][0]["mountPath"] == "/workspace"
