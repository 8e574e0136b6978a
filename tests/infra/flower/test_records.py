"""A message arrives through Flower's records byte for byte; whatever else comes is refused, and nothing is run."""

import json
import os
import subprocess
from pathlib import Path

from tests.infra.flower.engine import BIN, ROOT, needs_flower
from tests.infra.flower.sites import make_sites

SCRIPT = Path(__file__).with_name("hostile_messages.py")
REFUSED = "IntegrityError"


def test_a_sound_message_arrives_whole_and_every_other_is_refused(tmp_path: Path) -> None:
    needs_flower()
    make_sites(tmp_path, 1)
    publication, arrived = tmp_path / "publication", tmp_path / "arrived"
    command = [str(BIN / "python"), str(SCRIPT), str(publication), str(arrived)]
    path = os.pathsep.join([str(ROOT), str(ROOT / "infra" / "flower")])
    environment = os.environ | {"PYTHONPATH": path, "FLWR_TELEMETRY_ENABLED": "0"}
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    assert json.loads(said.stdout.splitlines()[-1]) == {
        "sound": "read",
        "truth values": REFUSED,
        "changed": REFUSED,
        "outside": REFUSED,
        "text": REFUSED,
        "pickle": REFUSED,
        "archive": REFUSED,
        "noise": REFUSED,
        "empty": REFUSED,
        "large": "MismatchError",
    }
    files = sorted(file.name for file in publication.iterdir())
    assert sorted(file.name for file in (arrived / "sound").iterdir()) == files
    assert all((arrived / "sound" / name).read_bytes() == (publication / name).read_bytes() for name in files)
    assert not (arrived / "evil").exists() and not (arrived / "large").exists()
