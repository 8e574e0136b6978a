"""Small files that claim or unpack to far more than they hold, one of each kind."""

import bz2
import gzip
import io
import json
import lzma
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq

GIB = 1 << 30


def zeros_packed(pack: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    """A file that unpacks to 2 GiB of lines of zeros, in members of 16 MiB."""
    return lambda path: write_bytes(path, pack(b"a,label\n") + pack(b"0,0\n" * (1 << 22)) * (2 * GIB >> 24))


def write_bytes(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def zstd(data: bytes) -> bytes:
    return bytes(pa.Codec("zstd").compress(data, asbytes=True))


def zipped_csv(path: Path) -> None:
    with deflated(path) as archive, archive.open("a.csv", "w", force_zip64=True) as out:
        for _ in range(GIB >> 24):
            out.write(b"0,0\n" * (1 << 22))


def deflated(path: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1)


def npz(path: Path) -> None:
    """An array of 1 GiB of zeros in 5 MB."""
    with deflated(path) as archive:
        with archive.open("X.npy", "w", force_zip64=True) as out:
            out.write(npy_header((2, GIB // 2)))
            for _ in range(GIB >> 24):
                out.write(bytes(1 << 24))
        archive.writestr("y.npy", npy_header((2,)) + bytes(2))


def npz_header(path: Path) -> None:
    """An array whose header claims 64 TiB."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("X.npy", npy_header((2, 1 << 45)) + bytes(64))
        archive.writestr("y.npy", npy_header((2,)) + bytes(2))


def npy_header(shape: tuple[int, ...]) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": "|u1", "fortran_order": False, "shape": shape})
    return buffer.getvalue()


def idx_of_nothing(path: Path) -> None:
    path.write_bytes(b"\0\0\x08\x03" + struct.pack(">III", 0, 1 << 31, 1 << 31))
    labels(path, 0)


def idx_packed(path: Path) -> None:
    """Two images of 1 GiB, gzipped."""
    header = b"\0\0\x08\x03" + struct.pack(">III", 2, 1 << 15, 1 << 15)
    path.write_bytes(gzip.compress(header) + gzip.compress(bytes(1 << 24)) * (2 * GIB >> 24))
    labels(path, 2)


def labels(path: Path, count: int) -> None:
    path.with_name("a-labels").write_bytes(b"\0\0\x08\x01" + struct.pack(">I", count) + bytes(count))


def parquet_of_one_text(path: Path) -> None:
    """A text of 1 MiB that a dictionary repeats a hundred thousand times."""
    text = pa.DictionaryArray.from_arrays(pa.array(np.zeros(100_000, np.int32)), pa.array(["x" * (1 << 20)]))
    pq.write_table(pa.table({"a": text, "label": np.zeros(100_000, np.int8)}), path, store_schema=False)


def parquet_of_rows(path: Path) -> None:
    """Four hundred million equal values."""
    schema = pa.schema({"a": pa.int64(), "label": pa.int64()})
    zeros = pa.array(np.zeros(1 << 22, np.int64))
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for _ in range(50):
            writer.write_table(pa.table([zeros, zeros], schema=schema))


def feather(path: Path) -> None:
    zeros = pa.array(np.zeros(1 << 26, np.int64))
    pa.feather.write_feather(pa.table({f"a{n}": zeros for n in range(4)} | {"label": zeros}), path, "zstd")


def json_diagonal(path: Path) -> None:
    """Each of 60,000 records has a column of its own."""
    path.write_text("".join(json.dumps({f"k{n}": 1, "label": 1}) + "\n" for n in range(60_000)))


def json_nested(path: Path) -> None:
    path.write_text('{"a": ' + "[" * 200_000 + "]" * 200_000 + "}\n")


def csv_wide(path: Path) -> None:
    path.write_bytes(b",".join(b"c%d" % n for n in range(500_000)) + b"\n" + b"1," * 499_999 + b"1\n")


def csv_of_commas(path: Path) -> None:
    path.write_bytes(b"," * (1 << 24) + b"\n1,2\n")


def quine(path: Path) -> None:
    """A file that is packed again and again."""
    data = b"a,label\n1,2\n3,4\n"
    for _ in range(64):
        data = gzip.compress(data)
    path.write_bytes(data)


BOMBS: dict[str, Callable[[Path], None]] = {
    "a.csv.gz": zeros_packed(gzip.compress),
    "a.csv.bz2": zeros_packed(bz2.compress),
    "a.csv.xz": zeros_packed(lzma.compress),
    "a.csv.zst": zeros_packed(zstd),
    "a.csv.zip": zipped_csv,
    "grows.npz": npz,
    "claims.npz": npz_header,
    "a-images": idx_of_nothing,
    "a-images.gz": idx_packed,
    "one text.parquet": parquet_of_one_text,
    "rows.parquet": parquet_of_rows,
    "a.feather": feather,
    "diagonal.jsonl": json_diagonal,
    "nested.jsonl": json_nested,
    "wide.csv": csv_wide,
    "commas.csv": csv_of_commas,
    "often packed.csv.gz": quine,
}
