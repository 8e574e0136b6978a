"""What the numbers were measured on: processor, threads, memory, versions; and what must be warm before."""

import gc
import hashlib
import json
import os
import platform
from importlib.metadata import version
from pathlib import Path

import psutil
import torch

from benchmarks.core.records import RESULTS, Record
from greenlightning import GreenLightningClassifier
from greenlightning.data.datasets import load
from greenlightning.energy.meter import EnergyMeter
from greenlightning.evaluation.conventional_network import ConventionalNetwork

FLAGS = ("avx2", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8")
PACKAGES = ("numpy", "scipy", "scikit-learn", "torch")


def facts() -> Record:
    """The machine in plain values: no name of it, no path on it."""
    info = _processor()
    gpus = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    return {
        "processor": info.get("model name", platform.processor() or platform.machine()),
        "cores": os.cpu_count(),
        "instructions": [flag for flag in FLAGS if flag in info.get("flags", "").split()],
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "threads": torch.get_num_threads(),
        "gpu": ", ".join(gpus) or "none",
        "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
    }


def remember(folder: Path = RESULTS) -> str:
    """Write this machine's facts into ``machines.json`` and return the short name of them there."""
    found = facts()
    name = hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()[:8]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "machines.json"
    known = json.loads(path.read_text()) if path.is_file() else {}
    path.write_text(json.dumps(known | {name: found}, indent=1) + "\n")
    return name


def warm_up() -> None:
    """Pay outside every measurement for what a process pays once: imports, choice of kernels, energy tables.

    What lives by then stays: freezing it lets the collection of garbage before each measurement skip it.
    """
    data = load("digits")
    X, y = data.X_train[:200], data.y_train[:200]
    with EnergyMeter() as meter:
        GreenLightningClassifier(max_epochs=1).fit(X, y).predict(X)
        ConventionalNetwork((16,), max_epochs=1).fit(X, y).predict(X)
    gc.freeze()
    print(f"energy: {meter.energy.source}", flush=True)


def _processor() -> dict[str, str]:
    try:
        lines = Path("/proc/cpuinfo").read_text().partition("\n\n")[0].splitlines()
    except OSError:
        return {}
    return {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
