"""Messages that are sound, changed, too large or hostile, put through records in Flower's environment.

``python hostile_messages.py PUBLICATION FOLDER`` prints what became of each as JSON.
"""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from flwr.app import Array, ArrayRecord, RecordDict
from greenlightning_flower.records import to_folder, to_records

from greenlightning.errors import GreenLightningError
from greenlightning.federation import read_publication
from greenlightning.federation.messages import LARGEST_MESSAGE


def array_of(data: bytes, dtype: str = "int64") -> Array:
    """An array as anyone can send it."""
    return Array(dtype=dtype, shape=(1,), stype="numpy.ndarray", data=data)


def pickled() -> bytes:
    """NumPy's format with a pickled object."""
    stream = io.BytesIO()
    np.save(stream, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    return stream.getvalue()


def zipped() -> bytes:
    """An archive, which ``numpy.load`` opens too."""
    stream = io.BytesIO()
    np.savez(stream, a=np.ones(1))
    return stream.getvalue()


def main(publication: Path, folder: Path) -> None:
    """Try each message."""

    def with_array(data: bytes) -> Callable[[RecordDict], None]:
        return lambda content: content.__setitem__("structure", ArrayRecord({"w": array_of(data)}))

    def renamed(content: RecordDict) -> None:
        content.config_records["files"]["../evil"] = b"x"

    def text_for_bytes(content: RecordDict) -> None:
        content.config_records["files"]["message.json"] = "text"

    def one_number_changed(content: RecordDict) -> None:
        record = content.array_records["structure"]
        name, array = next(iter(record.items()))
        changed = array.numpy().copy()
        changed.flat[0] += 1
        record[name] = Array(changed)

    def with_truth_values(content: RecordDict) -> None:
        content["more"] = ArrayRecord({"gaps": Array(np.array([True, False]))})

    changes: dict[str, Callable[[RecordDict], object]] = {
        "sound": lambda content: None,
        "truth values": with_truth_values,
        "changed": one_number_changed,
        "outside": renamed,
        "text": text_for_bytes,
        "pickle": with_array(pickled()),
        "archive": with_array(zipped()),
        "noise": with_array(b"\x93NUMPY"),
        "empty": with_array(b""),
    }
    found = {}
    for name, change in changes.items():
        content = to_records(publication)
        change(content)
        found[name] = outcome(content, folder / name)
    found["large"] = outcome(to_records(publication), folder / "large", limit=1_000)
    print(json.dumps(found))


def outcome(content: RecordDict, folder: Path, limit: int = LARGEST_MESSAGE) -> str:
    """The kind of error, or that there is none."""
    try:
        read_publication(to_folder(content, folder, limit))
    except GreenLightningError as error:
        return type(error).__name__
    return "read"


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
