"""A signed message as Flower records, both ways: tensors as an ArrayRecord, JSON and signature as a ConfigRecord.

The folder that arrives equals the folder that was sent, byte for byte, so its signature holds or it is refused.
"""

from pathlib import Path

import numpy as np
from flwr.app import Array, ArrayRecord, ConfigRecord, RecordDict
from numpy.typing import NDArray

from greenlightning.data.files import stored_tensors, write_tensors
from greenlightning.errors import IntegrityError, MismatchError
from greenlightning.federation.messages import LARGEST_MESSAGE, NAME, empty_folder

FILES, REFUSED, TENSORS = "files", "refused", ".safetensors"


def to_records(folder: Path) -> RecordDict:
    """The files of a message: an ArrayRecord for each safetensors file, one ConfigRecord for all others."""
    files = {file.name: file.read_bytes() for file in folder.iterdir() if file.suffix != TENSORS}
    content = RecordDict({FILES: ConfigRecord(files)})
    for file in folder.glob(f"*{TENSORS}"):
        content[file.stem] = ArrayRecord({name: Array(array) for name, array in stored_tensors(file).items()})
    return content


def to_folder(content: RecordDict, folder: Path, limit: int = LARGEST_MESSAGE) -> Path:
    """Write the files of a message into an empty folder; nothing is decoded where there are too many bytes."""
    files, records = content.config_records.get(FILES, {}), content.array_records
    arrays = [array for record in records.values() for array in record.values()]
    size = sum(len(array.data) for array in arrays) + sum(len(_bytes(data)) for data in files.values())
    if size > limit:
        raise MismatchError(f"A message holds {size:,} bytes, {limit:,} are allowed", "Ask for fewer features")
    empty_folder(folder)
    for name, data in files.items():
        (folder / _checked(name)).write_bytes(_bytes(data))
    for stem, record in records.items():
        tensors = {name: _tensor(array) for name, array in record.items()}
        write_tensors(folder / _checked(f"{stem}{TENSORS}"), tensors)
    return folder


def _tensor(array: Array) -> NDArray[np.generic]:
    """Decode NumPy's format, without pickle; IntegrityError where it holds other things than numbers."""
    try:
        found = array.numpy()
    except (EOFError, OSError, TypeError, ValueError) as error:
        raise IntegrityError(f"An array cannot be read: {error}", "Ask the sender to send it again") from error
    if not isinstance(found, np.ndarray) or found.dtype.kind not in "biuf":
        raise IntegrityError("An array holds neither numbers nor truth values", "Ask the sender to send it again")
    return found


def _bytes(data: object) -> bytes:
    if not isinstance(data, bytes):
        raise IntegrityError("A file of the message is not bytes", "Ask the sender to send it again")
    return data


def _checked(name: str) -> str:
    if not NAME.fullmatch(name):
        raise IntegrityError(f"{name!r} is no name of a file", "Ask the sender to send it again")
    return name
