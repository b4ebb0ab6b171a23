"""A network's numbers in a safetensors file: written small, and read with distrust."""

import itertools
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from viewer.errors import ViewerError
from viewer.networks.plan import Plan

Arrays = Mapping[str, np.ndarray]

LARGEST_BYTES = 15_000_000
PICKLES = (b"PK\x03\x04", b"\x80")  # torch.save, now and before; pickle itself


def expected_shapes(plan: Plan) -> dict[str, tuple[int, ...]]:
    """Names and shapes of everything in the state dict of a plan's U-Net, without torch.

    Batch norm's `num_batches_tracked` is left out: nothing at inference needs it.
    """
    widths = plan.widths
    shapes = _block("stem", 8 * plan.inputs, widths[0], 1)
    for level, (near, far) in enumerate(itertools.pairwise(widths)):
        shapes |= _linear(f"down.{level}", (far, near, 2, 2, 2), far)
        shapes |= _linear(f"up.{level}", (far, near, 2, 2, 2), near)
        shapes |= _block(f"decode.{level}", 2 * near, near, 1)
    for level, width in enumerate(widths):
        shapes |= _block(f"encode.{level}", width, width, 2)
    shapes |= _linear("widen", (8 * plan.last, widths[0], 1, 1, 1), 8 * plan.last)
    shapes |= _block("last", plan.last + plan.inputs, plan.last, 1)
    return shapes | _linear("head", (plan.outputs, plan.last, 3, 3, 3), plan.outputs)


def _linear(name: str, kernel: tuple[int, ...], outputs: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": kernel, f"{name}.bias": (outputs,)}


def _block(name: str, inputs: int, outputs: int, depth: int) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {}
    for number in range(depth):
        step = f"{name}.steps.{number}"
        shapes[f"{step}.0.weight"] = (outputs, outputs if number else inputs, 3, 3, 3)
        for part in ("weight", "bias", "running_mean", "running_var"):
            shapes[f"{step}.1.{part}"] = (outputs,)
    return shapes


def pack_weights(plan: Plan, arrays: Arrays) -> bytes:
    """The content of a weights file: kernels in half precision, the few other numbers in full.

    `arrays` is a state dict as numpy arrays. Raises `ViewerError` when something is missing, of a
    wrong shape, no number, or the file too large.
    """
    from safetensors.numpy import save

    kept = {name: np.asarray(arrays[name]) for name in expected_shapes(plan) if name in arrays}
    check_weights(plan, kept, plan.name)
    with np.errstate(over="ignore"):
        small = {
            name: np.ascontiguousarray(array, np.float16 if array.ndim > 1 else np.float32)
            for name, array in kept.items()
        }
    check_weights(plan, small, plan.name)  # too large for half precision becomes infinite
    content = save(small)
    if len(content) > LARGEST_BYTES:
        raise ViewerError(
            f"The weights of {plan.name} take {len(content) / 1e6:.0f} MB, and at most "
            f"{LARGEST_BYTES / 1e6:.0f} are allowed; nothing was written, choose a smaller plan."
        )
    return content


def read_bytes(path: Path) -> bytes:
    """The content of a weights file, refused when it is missing, huge or a pickle."""
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise ViewerError(
                f"{path.name} is larger than any network of this program; it was not opened. "
                "Choose another file."
            )
        content = path.read_bytes()
    except OSError as error:
        raise ViewerError(
            f"{path.name} cannot be read; no network was opened. Check the folder, or install "
            "Angioscape again."
        ) from error
    if content.startswith(PICKLES):
        raise ViewerError(
            f"{path.name} is a pickle, which could run any program; it was not opened. Ask for "
            "the network as safetensors."
        )
    return content


def unpack_weights(plan: Plan, content: bytes, name: str) -> Arrays:
    """The state dict (float32) in a weights file's content.

    Raises `ViewerError` when it is cut short, no safetensors, or not the network of this plan.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    _check_length(content, name)
    try:
        read = load(content)
    except (SafetensorError, ValueError, KeyError, TypeError, OverflowError, MemoryError) as error:
        raise _no_network(name) from error
    if any(array.dtype not in (np.float16, np.float32) for array in read.values()):
        raise _no_network(name)
    full = {key: array.astype(np.float32) for key, array in read.items()}
    check_weights(plan, full, name)
    return full


def check_weights(plan: Plan, arrays: Arrays, name: str) -> None:
    """Raise `ViewerError` unless the arrays are the state dict of this plan, all finite."""
    wanted = expected_shapes(plan)
    if arrays.keys() != wanted.keys():
        odd = sorted(arrays.keys() ^ wanted.keys())[0]
        raise ViewerError(
            f"{name} does not fit its plan ({odd} is {'missing' if odd in wanted else 'unknown'}); "
            "it was not opened. Use the network that belongs to its card."
        )
    for part, shape in wanted.items():
        if arrays[part].shape != shape:
            raise ViewerError(
                f"{name} does not fit its plan ({part} has the shape {arrays[part].shape} instead "
                f"of {shape}); it was not opened. Use the network that belongs to its card."
            )
    for part, array in arrays.items():
        if not np.isfinite(array).all() or (part.endswith("running_var") and (array < 0).any()):
            raise ViewerError(
                f"{name} holds values that are no numbers (in {part}); it was not opened. Train "
                "or install it again."
            )


def _check_length(content: bytes, name: str) -> None:
    """Say that a file is cut short where its own header says so."""
    length = int.from_bytes(content[:8], "little")
    if length > LARGEST_BYTES or content[8:9] not in (b"", b"{"):
        raise _no_network(name)
    complete = len(content) >= 9 and len(content) >= 8 + length
    if complete:
        try:
            header = json.loads(content[8 : 8 + length])
            ends = [item["data_offsets"][1] for key, item in header.items() if key[:2] != "__"]
            complete = len(content) >= 8 + length + max(ends, default=0)
        except (
            ValueError,
            KeyError,
            TypeError,
            IndexError,
            AttributeError,
            RecursionError,
        ) as error:
            raise _no_network(name) from error
    if not complete:
        raise ViewerError(f"{name} is cut short; it was not opened. Copy or install it again.")


def _no_network(name: str) -> ViewerError:
    return ViewerError(
        f"{name} is no network that this program can read; it was not opened. Choose another file."
    )
