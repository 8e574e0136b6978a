"""Kubernetes manifests against the OpenAPI schemas of Kubernetes, which kubernetes-validate brings; no cluster."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect.utilities.templating import apply_values

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venv" / "integration" / "bin" / "python"
FOLDER = ROOT / "infra" / "kubernetes"
VALIDATE = (
    "import json, sys, kubernetes_validate as k; "
    "k.validate(json.load(sys.stdin), sys.argv[1], strict=True); print('valid')"
)
RELEASES = ("1.30", "1.34")


def said(manifest: Any, release: str) -> str:
    """What the validator says of a manifest."""
    if not PYTHON.is_file() or subprocess.run([PYTHON, "-c", "import kubernetes_validate"]).returncode:
        pytest.skip("kubernetes-validate is not installed: run `make integration`")
    done = subprocess.run(
        [PYTHON, "-c", VALIDATE, release], input=json.dumps(manifest), capture_output=True, text=True
    )
    return done.stdout.strip() or done.stderr


def job() -> Any:
    """The manifest of a job as the worker fills it in."""
    template = json.loads((FOLDER / "gpu-base-job-template.json").read_text())
    variables = template["variables"]["properties"]
    values = {name: about["default"] for name, about in variables.items() if "default" in about}
    values |= {"name": "fit-digits", "labels": {}, "command": ["prefect", "flow-run", "execute"]}
    values["env"] = [{"name": name, "value": value} for name, value in values["env"].items()]
    manifest = apply_values(template["job_configuration"]["job_manifest"], values)
    manifest["metadata"] = {"name": "fit-digits"} | {
        name: value for name, value in manifest["metadata"].items() if name != "generateName"
    }
    return manifest


@pytest.mark.parametrize("release", RELEASES)
def test_manifests_are_those_that_kubernetes_knows(release: str) -> None:
    for file in sorted(FOLDER.glob("*.yaml")):
        for manifest in yaml.safe_load_all(file.read_text()):
            assert said(manifest, release) == "valid", file.name
    assert said(job(), release) == "valid"


def test_a_misspelt_field_is_found() -> None:
    manifest = yaml.safe_load((FOLDER / "workspace.yaml").read_text())
    manifest["spec"]["accessModess"] = manifest["spec"].pop("accessModes")
    assert "accessModess" in said(manifest, RELEASES[-1])
