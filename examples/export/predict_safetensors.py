"""Classifies images with a file of encodeModel: python predict_safetensors.py network.safetensors images.bin, as onnx.ts writes them.

Computes convolutions without padding, poolings, flatten and dense layers; others are named. Needs numpy.
"""
import json
import sys

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

data = open(sys.argv[1], "rb").read()
start = 8 + int.from_bytes(data[:8], "little")
header = json.loads(data[8:start])
model, described = (json.loads(header["__metadata__"][key]) for key in ("model", "input"))
weights = {
    name: np.frombuffer(data[start + t["data_offsets"][0] : start + t["data_offsets"][1]], "<f4").reshape(t["shape"])
    for name, t in header.items()
    if name != "__metadata__"
}
images = np.fromfile(sys.argv[2], np.uint8).reshape(-1, *described["shape"])
x = images.astype(np.float32) * np.float32(described["scale"]) + np.float32(described["offset"])
counts = {}
for layer in model["layers"]:
    kind = layer["type"]
    counts[kind] = counts.get(kind, 0) + 1
    name = layer.get("name", f"{kind}_{counts[kind]}")
    if kind in ("conv2d", "maxPool2d") and layer["padding"] == "valid" and layer.get("groups", 1) == 1:
        (rows, columns), window = layer["strides"], layer["kernel" if kind == "conv2d" else "size"]
        windows = sliding_window_view(x, window, (1, 2))[:, ::rows, ::columns]  # [n, height, width, channels, rows, columns]
        x = windows.max((4, 5)) if kind == "maxPool2d" else np.einsum("nhwcij,ijco->nhwo", windows, weights[f"{name}/filter"])
    elif kind == "flatten":
        x = x.reshape(len(x), -1)
    elif kind == "dense":
        x = x @ weights[f"{name}/weights"]
    else:
        sys.exit(f"{name}: this script computes no such layer")
    x = x + weights.get(f"{name}/bias", np.float32(0))
    activation = layer.get("activation", "linear")
    if activation not in ("linear", "relu"):
        sys.exit(f"{name}: this script computes no activation {activation}")
    x = np.maximum(x, 0) if activation == "relu" else x
probabilities = np.exp(x - x.max(1, keepdims=True))
probabilities /= probabilities.sum(1, keepdims=True)
names = described.get("classNames", range(probabilities.shape[1]))
for row in probabilities:
    print(names[int(row.argmax())], f"{row.max():.3f}")
