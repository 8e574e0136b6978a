"""A file that needs far more memory than its size explains is refused, before it has it."""

import json
import subprocess
import sys
import weakref
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest

from tasks.data.readers.memory import GROWTH, LEAST, MIB, bounded, budget, each_bounded
from tasks.data.reading import ReadOptions, read_table
from tests.helpers.files.bombs import BOMBS
from tests.helpers.source_files import refusal

ROOT = Path(__file__).resolve().parents[4]
MOST = 1024
"""MiB that a process may reach: what Python, pandas and Arrow need, and the budget."""
READ = """
import json, sys
from pathlib import Path
from tasks.data.reading import read_table

try:
    said = f"read {read_table(Path(sys.argv[1])).frame.shape}"
except Exception as error:
    said = f"{type(error).__name__} {error}"
peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
print(json.dumps([said, int(peak.split()[1]) >> 10]))
"""
CAUSES = {
    "a-images": "InputError a-images holds no pixels",
    "wide.csv": "InputError wide.csv has 500,000 columns. Give at most 131,072",
    "commas.csv": "InputError commas.csv is empty",
    "nested.jsonl": "InputError nested.jsonl cannot be read as JSON",
    "often packed.csv.gz": "InputError often packed.csv.gz is packed 4 times or more",
}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts the address space")
def test_bombs_are_refused_in_bounded_memory(tmp_path: Path) -> None:
    for name, write in BOMBS.items():
        write(tmp_path / name)
        command = [sys.executable, "-c", READ, str(tmp_path / name)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        said, memory = json.loads(done.stdout)
        assert said.startswith(CAUSES.get(name, f"InputError {name} needs more than 512 MiB of memory")), said
        assert memory < MOST, (name, memory)


def test_the_budget_grows_with_the_file_and_can_be_given() -> None:
    assert (budget(0, None), budget(LEAST, None)) == (LEAST, GROWTH * LEAST)
    assert budget(LEAST, 3) == 3 * MIB


def test_a_file_is_read_where_its_budget_is_raised(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, X=np.zeros((1 << 16, 1 << 11), np.uint8), y=np.zeros(1 << 16, np.uint8))
    said = refusal(lambda path: read_table(path, ReadOptions(memory=1)), path)
    assert said.startswith("a.npz needs more than 1 MiB of memory to be read. ")
    assert len(read_table(path).frame) == 1 << 16


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts the address space")
def test_no_thread_holds_the_bytes_of_a_file_that_was_refused(tmp_path: Path) -> None:
    """Such a thread aborts a process that ends meanwhile; it held them in 118 of 300 refusals before."""
    (tmp_path / "a").write_bytes(b"")
    ragged = b"a,b\n" + b"1,2\n" * 200_000 + b"1,2,3\n" + b"1,2\n" * 1_000_000
    for _ in range(50):
        body = np.frombuffer(ragged, np.uint8)
        held = weakref.ref(body)
        with bounded(tmp_path / "a"), pytest.raises(pa.ArrowInvalid):
            pyarrow.csv.read_csv(pa.BufferReader(pa.py_buffer(memoryview(body)[:])))
        del body
        assert held() is None


def test_the_limit_ends_with_the_file(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_AS)
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(ZeroDivisionError), bounded(tmp_path / "a"):
        assert resource.getrlimit(resource.RLIMIT_AS) != before or sys.platform != "linux"
        raise ZeroDivisionError
    assert resource.getrlimit(resource.RLIMIT_AS) == before


def test_the_parts_of_a_file_are_bounded_one_by_one(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_AS)
    (tmp_path / "a").write_bytes(b"")
    for part in each_bounded(tmp_path / "a", iter([1, 2])):
        assert part in (1, 2) and resource.getrlimit(resource.RLIMIT_AS) == before
