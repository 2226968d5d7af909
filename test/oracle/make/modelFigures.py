"""Weight figures of a whole ONNX model, computed with numpy and onnx: test/oracle/modelFigures.json.

    python test/oracle/make/modelFigures.py MODELS > test/oracle/modelFigures.json

Made with numpy 2.4.6 and onnx 1.23.2 from MODELS/stm32-mobilenetv2-05-128/mobilenet_v2_128_0.5.onnx. Symmetric 8-bit grid,
-128..127; spread over the channels whose largest weight is above 2^-23 of the tensor's, lost ones among them.
"""
import json, sys
import numpy as np
import onnx
from onnx import numpy_helper

FILE = 'stm32-mobilenetv2-05-128/mobilenet_v2_128_0.5.onnx'
graph = onnx.load(f'{sys.argv[1]}/{FILE}').graph
weights = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
for node in graph.node:
    if node.op_type == 'Constant':
        weights[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)


def decibels(w, q):
    return 10 * np.log10((w ** 2).sum() / ((w - q) ** 2).sum())


def grid(w, axes):
    low, high = np.minimum(w.min(axes, keepdims=True), 0), np.maximum(w.max(axes, keepdims=True), 0)
    scale = np.maximum(np.maximum(-low / 128, high / 127), 2.0 ** -23)
    return np.clip(np.rint(w / scale), -128, 127) * scale, scale


layers = []
for node in graph.node:
    if node.op_type not in ('Conv', 'Gemm', 'MatMul') or node.input[1] not in weights:
        continue
    w = weights[node.input[1]].astype(np.float64)
    trans_b = any(a.name == 'transB' and a.i for a in node.attribute)
    w = np.moveaxis(w, 0 if node.op_type == 'Conv' or trans_b else 1, 0).reshape(w.shape[0 if node.op_type == 'Conv' or trans_b else 1], -1)
    tops = np.abs(w).max(1)
    loud = tops[tops > tops.max() * 2.0 ** -23]
    whole, scale = grid(w, (0, 1))
    each, _ = grid(w, (1,))
    layers.append(dict(name=node.name, channels=len(w), spread=loud.max() / np.median(loud), lost=int((loud <= scale / 2).sum()),
        mean=w.mean(), std=w.std(), sqnrTensor=decibels(w, whole), sqnrChannel=decibels(w, each)))
rounded = [{k: float(f'{v:.10g}') if isinstance(v, float) else v for k, v in layer.items()} for layer in layers]
print(json.dumps(dict(file=FILE, layers=rounded), indent=1, default=float))
