"""Read IDX images with their labels, which are a file of their own."""

from pathlib import Path

from greenlightning.data.idx import idx_array
from greenlightning.errors import InputError
from tasks.data.readers.arrays import table_of_arrays
from tasks.data.readers.content import PACKED_SUFFIXES, Content, content_of
from tasks.data.readers.source import ReadOptions, SourceTable


def read_idx_images(content: Content, options: ReadOptions) -> SourceTable:
    """A column for each pixel, and the labels; their file is found by its name unless it is given."""
    path = content.path
    images = idx_array(content.data, path.name)
    if images.ndim < 2:
        raise InputError(f"{path.name} holds labels, not images", "Give the image file")
    if images.size == 0:
        raise InputError(f"{path.name} holds no pixels (its shape is {images.shape})", "Give at least one image")
    names = None
    if images.ndim == 3:
        names = [f"pixel_{row}_{column}" for row in range(images.shape[1]) for column in range(images.shape[2])]
    labels = options.labels or _label_file(path)
    if not labels.is_file():
        raise InputError(f"The label file {labels} does not exist or is not a file", "Check the path")
    answers = idx_array(content_of(labels, options.memory).data, labels.name)
    return table_of_arrays(path, images, answers, names, options.label)


def _label_file(images: Path) -> Path:
    """The label file beside an image file: train-images-idx3-ubyte(.gz) has train-labels-idx1-ubyte(.gz)."""
    name = plain = images.name.replace("images", "labels").replace("idx3", "idx1")
    for suffix in PACKED_SUFFIXES:
        plain = plain.removesuffix(suffix)
    for candidate in (name, plain, *(plain + suffix for suffix in PACKED_SUFFIXES)):
        if candidate != images.name and images.with_name(candidate).is_file():
            return images.with_name(candidate)
    raise InputError(f"No label file {name} is beside {images.name}", "Put it there, or pass its path")
