"""Classifies images with a network of encodeOnnx: python predict_onnx.py network.onnx images.bin, as onnx.ts writes them.

images.bin holds bytes, one image behind the other. Needs numpy and onnxruntime.
"""
import json
import sys

import numpy as np
import onnxruntime

session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
described = json.loads(session.get_modelmeta().custom_metadata_map["input"])
images = np.fromfile(sys.argv[2], np.uint8).reshape(-1, *described["shape"])
[given] = session.get_inputs()
if given.type == "tensor(float)":  # Without bytesIn it takes what the model sees.
    images = images.astype(np.float32) * np.float32(described["scale"]) + np.float32(described["offset"])
[probabilities] = session.run(None, {given.name: images})
names = described.get("classNames", range(probabilities.shape[1]))
for row in probabilities:
    print(names[int(row.argmax())], f"{row.max():.3f}")
