"""A real file system that is soon full: a tmpfs, where root may mount one."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def mounted(place: Path, size: str) -> Iterator[str]:
    """Mount a tmpfs of a size while the block runs; why that was not possible, empty where it was."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        why_not = done.stderr.strip() or "mount failed" if done.returncode else ""
    except FileNotFoundError:
        why_not = "there is no mount here"
    if why_not:
        yield f"no tmpfs can be mounted: {why_not}"
        return
    try:
        yield ""
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)
