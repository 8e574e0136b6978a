"""CIFAR-10 from its binary archive, where a user has it: nothing is downloaded, and its checksum is compared."""

import hashlib
import os
import tarfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from greenlightning.data.datasets import DATASETS_VARIABLE
from greenlightning.errors import InputError, IntegrityError

ARCHIVE, MD5 = "cifar-10-binary.tar.gz", "c32a1d4ab5d03f1284b67883e8d87530"
FOLDER, TRAINING, TEST = (
    "cifar-10-batches-bin",
    tuple(f"data_batch_{i}.bin" for i in range(1, 6)),
    ("test_batch.bin",),
)
SHAPE = 3, 32, 32
Pictures = tuple[NDArray[np.uint8], NDArray[np.int64]]


def cifar10(md5: str = MD5) -> tuple[Pictures, Pictures]:
    """Training and test pictures (n, 3, 32, 32) with their classes, 0 to 9.

    Raises InputError where the archive is not in the folder of data sets, IntegrityError where it is another.
    """
    archive = Path(os.environ.get(DATASETS_VARIABLE, ".")) / ARCHIVE
    if not archive.is_file():
        raise InputError(
            f"{archive} is not there", f"Put the archive into the folder that {DATASETS_VARIABLE} names"
        )
    with archive.open("rb") as file:
        found = hashlib.file_digest(file, "md5").hexdigest()
    if found != md5:
        raise IntegrityError(f"{archive} has the md5 {found}, not {md5}", "Get it again from its publisher")
    with tarfile.open(archive) as files:
        return _pictures(files, TRAINING), _pictures(files, TEST)


def _pictures(files: tarfile.TarFile, names: tuple[str, ...]) -> Pictures:
    """A record is one byte of class and the picture, channel by channel."""
    members = [files.extractfile(f"{FOLDER}/{name}") for name in names]
    content = b"".join(member.read() for member in members if member)
    records = np.frombuffer(content, dtype=np.uint8).reshape(-1, 1 + int(np.prod(SHAPE)))
    return records[:, 1:].reshape(-1, *SHAPE), records[:, 0].astype(np.int64)
