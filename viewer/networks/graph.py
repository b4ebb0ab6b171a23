"""The U-Net of `Plan` as an ONNX graph, for processor runtimes; made without torch."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from viewer.networks.plan import Plan

INPUT, LOGITS = "channels", "logits"
OPSET, IR_VERSION = 17, 10
EPSILON = 1e-5  # torch's BatchNorm3d

Arrays = Mapping[str, np.ndarray]


def onnx_graph(plan: Plan, arrays: Arrays, tile: tuple[int, int, int] | None = None) -> bytes:
    """The serialized ONNX model of a plan and its state dict, batch norm folded in.

    In: `channels` (1, inputs, d, h, w) float32. Out: `logits` (1, outputs, d, h, w).
    Sides are fixed to `tile`, or free but multiples of `plan.multiple`.
    """
    from onnx import TensorProto, helper

    graph = _Graph()
    _layers(graph, plan, arrays)
    sides = list(tile) if tile else ["d", "h", "w"]
    float32 = TensorProto.FLOAT
    inputs = [helper.make_tensor_value_info(INPUT, float32, [1, plan.inputs, *sides])]
    outputs = [helper.make_tensor_value_info(LOGITS, float32, [1, plan.outputs, *sides])]
    made = helper.make_graph(graph.nodes, plan.name, inputs, outputs, graph.weights)
    opset = [helper.make_opsetid("", OPSET)]
    model = helper.make_model(made, opset_imports=opset, ir_version=IR_VERSION)
    return model.SerializeToString()


class _Graph:
    """Nodes and weights of an ONNX graph while it grows."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.weights: list[Any] = []

    def add(self, kind: str, inputs: list[str], *, name: str = "", **options: Any) -> str:
        """One more node; gives the name of what comes out."""
        from onnx import helper

        name = name or f"{kind.lower()}{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, **options))
        return name

    def weight(self, values: np.ndarray) -> str:
        """One more constant; gives its name."""
        from onnx import numpy_helper

        name = f"weight{len(self.weights)}"
        values = np.ascontiguousarray(values, np.float32)
        self.weights.append(numpy_helper.from_array(values, name))
        return name

    def convolve(
        self, kind: str, x: str, kernel: np.ndarray, bias: np.ndarray | None, **options: Any
    ) -> str:
        """A convolution or its transpose, with strides and pads as given."""
        terms = [x, self.weight(kernel)] + ([] if bias is None else [self.weight(bias)])
        return self.add(kind, terms, kernel_shape=list(kernel.shape[2:]), **options)


def _layers(graph: _Graph, plan: Plan, arrays: Arrays) -> None:
    """All layers up to the logits."""
    kernel, bias = _folded(arrays, "stem.steps.0")
    y = graph.convolve("Conv", INPUT, _strided_stem(kernel), bias, strides=[2] * 3, pads=[2] * 6)
    y = graph.add("Relu", [y])
    skips = []
    for level in range(len(plan.widths)):
        y = _encode(graph, arrays, level, y)
        if level < len(plan.widths) - 1:
            skips.append(y)
            y = _linear(graph, "Conv", y, arrays, f"down.{level}", strides=[2] * 3)
    for level in reversed(range(len(skips))):
        up = _linear(graph, "ConvTranspose", y, arrays, f"up.{level}", strides=[2] * 3)
        joined = graph.add("Concat", [up, skips[level]], axis=1)
        kernel, bias = _folded(arrays, f"decode.{level}.steps.0")
        if level == 0:
            kernel, bias = _with_ones(kernel, bias)
        y = graph.add("Relu", [_same(graph, joined, kernel, bias)])
    y = graph.convolve("ConvTranspose", y, _widening(plan, arrays), None, strides=[2] * 3)
    joined = graph.add("Concat", [y, INPUT], axis=1)
    y = graph.add("Relu", [_same(graph, joined, *_folded(arrays, "last.steps.0"))])
    kernel, bias = arrays["head.weight"], arrays["head.bias"]
    graph.convolve("Conv", y, kernel, bias, pads=[1] * 6, name=LOGITS)


def _encode(graph: _Graph, arrays: Arrays, level: int, x: str) -> str:
    y = _same(graph, x, *_folded(arrays, f"encode.{level}.steps.0"))
    y = _same(graph, graph.add("Relu", [y]), *_folded(arrays, f"encode.{level}.steps.1"))
    return graph.add("Relu", [graph.add("Add", [y, x])])


def _same(graph: _Graph, x: str, kernel: np.ndarray, bias: np.ndarray) -> str:
    return graph.convolve("Conv", x, kernel, bias, pads=[1] * 6)


def _linear(graph: _Graph, kind: str, x: str, arrays: Arrays, name: str, **options: Any) -> str:
    return graph.convolve(kind, x, arrays[f"{name}.weight"], arrays[f"{name}.bias"], **options)


def _folded(arrays: Arrays, step: str) -> tuple[np.ndarray, np.ndarray]:
    """Kernel and bias of a convolution with the batch norm behind it."""
    variance = np.asarray(arrays[f"{step}.1.running_var"], np.float64)
    scale = arrays[f"{step}.1.weight"] / np.sqrt(variance + EPSILON)
    bias = arrays[f"{step}.1.bias"] - arrays[f"{step}.1.running_mean"] * scale
    return arrays[f"{step}.0.weight"] * scale[:, None, None, None, None], bias


def _strided_stem(kernel: np.ndarray) -> np.ndarray:
    """The 3x3x3 kernel over space-to-depth as a 6x6x6 kernel of stride 2 over the input."""
    outputs, deep = kernel.shape[:2]
    split = kernel.reshape(outputs, deep // 8, 2, 2, 2, 3, 3, 3)
    return split.transpose(0, 1, 5, 2, 6, 3, 7, 4).reshape(outputs, deep // 8, 6, 6, 6)


def _with_ones(kernel: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """With one more channel that is always 1: `widen` has a bias for each of eight positions."""
    return np.concatenate([kernel, np.zeros_like(kernel[:1])]), np.append(bias, 1.0)


def _widening(plan: Plan, arrays: Arrays) -> np.ndarray:
    """`widen` and depth-to-space as one transposed convolution of stride 2."""
    kernel = np.asarray(arrays["widen.weight"])[:, :, 0, 0, 0]
    rows = np.concatenate([kernel, np.asarray(arrays["widen.bias"])[:, None]], axis=1)
    return rows.T.reshape(plan.widths[0] + 1, plan.last, 2, 2, 2)
