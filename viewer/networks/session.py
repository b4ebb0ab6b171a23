"""A network ready to run: on the processor through OpenVINO, or through torch."""

import contextlib
import sys
from collections.abc import Callable
from functools import partial
from threading import Lock
from typing import Any, Protocol

import numpy as np

from viewer.networks.device import Device
from viewer.networks.graph import onnx_graph
from viewer.networks.registry import Weights

PATIENCE_MS = 100


class Session(Protocol):
    """What answers tiles."""

    def run(self, channels: np.ndarray, check: Callable[[], None]) -> np.ndarray:
        """Logits (outputs, d, h, w) of channels (inputs, d, h, w).

        float32; sides are multiples of the plan's. `check` may raise to stop the work.
        """


def open_session(weights: Weights, device: Device) -> Session:
    """The network on a device; torch where OpenVINO is not made for this machine."""
    if device.kind == "processor":
        try:
            return ProcessorSession(weights, device)
        except ImportError:
            pass
    return TorchSession(weights, device)


class ProcessorSession:
    """OpenVINO on the processor."""

    def __init__(self, weights: Weights, device: Device) -> None:
        openvino = silent_openvino()
        core = openvino.Core()
        options = {
            "INFERENCE_PRECISION_HINT": "f32" if device.exact else _half(core),
            "INFERENCE_NUM_THREADS": device.threads,
            "PERFORMANCE_HINT": "LATENCY",
            "ENABLE_CPU_PINNING": False,
        }
        model = core.read_model(onnx_graph(weights.plan, weights.arrays))
        self._compile = partial(core.compile_model, model, "CPU", options)
        self._request: Any = None
        self._turn = Lock()

    def run(self, channels: np.ndarray, check: Callable[[], None]) -> np.ndarray:
        """Logits of a tile; see `Session`. Tiles of a job and of a preview take turns."""
        with self._turn:
            return self._run(channels, check)

    def _run(self, channels: np.ndarray, check: Callable[[], None]) -> np.ndarray:
        request = self._request = self._request or self._compile().create_infer_request()
        request.start_async([np.ascontiguousarray(channels[None], np.float32)])
        try:
            while not request.wait_for(PATIENCE_MS):
                check()
        except BaseException:
            request.cancel()
            with contextlib.suppress(RuntimeError):
                request.wait()
            self._request = None  # a cancelled one keeps its tile's sides and fails on others
            raise
        logits: np.ndarray = request.get_output_tensor(0).data[0].copy()
        return logits


class TorchSession:
    """Torch: bfloat16 on a graphics processor, float32 on the processor."""

    def __init__(self, weights: Weights, device: Device) -> None:
        import torch

        from viewer.networks.unet import UNet

        if device.kind == "processor":
            torch.set_num_threads(device.threads)
        self._place = torch.device("cuda" if device.kind == "cuda" else "cpu")
        self._half = device.kind == "cuda" and not device.exact
        network = UNet(weights.plan)
        network.load_state_dict({k: torch.from_numpy(v) for k, v in weights.arrays.items()})
        self._network = network.eval().to(self._place, memory_format=torch.channels_last_3d)

    def run(self, channels: np.ndarray, check: Callable[[], None]) -> np.ndarray:
        """Logits of a tile; see `Session`."""
        import torch

        check()
        x = torch.from_numpy(np.ascontiguousarray(channels[None], np.float32))
        x = x.to(self._place, memory_format=torch.channels_last_3d)
        half = torch.autocast(self._place.type, torch.bfloat16, enabled=self._half)
        with torch.inference_mode(), half:
            logits: np.ndarray = self._network(x)[0].float().cpu().numpy()
        return logits


def silent_openvino() -> Any:
    """The module `openvino`, kept from telling its maker over the network that it was imported.

    It takes a missing `openvino_telemetry` for a wish not to.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    return openvino


def _half(core: Any) -> str:
    """The fastest precision that this processor computes in itself, the finer of two halves."""
    able = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    known = {"FP16": "f16", "BF16": "bf16"}
    return next((name for able_to, name in known.items() if able_to in able), "f32")
