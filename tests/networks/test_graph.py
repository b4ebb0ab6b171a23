import numpy as np
import pytest

from tests.networks.tiny import TINY, state_of
from viewer.networks.graph import onnx_graph
from viewer.networks.plan import CONTEXT, FINE, Plan
from viewer.networks.session import silent_openvino

BARE = Plan("bare", 1, 2, (6, 10), 5, 1.0, tube=False, wall=False)


def torch_answer(plan, arrays, x):
    import torch

    from viewer.networks.unet import UNet

    torch.set_num_threads(1)
    network = UNet(plan).eval()
    network.load_state_dict({name: torch.from_numpy(value) for name, value in arrays.items()})
    with torch.inference_mode():
        return network(torch.from_numpy(x)).numpy()


def onnxruntime_answer(graph, x):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    return session.run(None, {"channels": x})[0]


def openvino_answer(graph, x):
    core = silent_openvino().Core()
    compiled = core.compile_model(
        core.read_model(graph),
        "CPU",
        {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1},
    )
    return compiled([x])[0]


@pytest.mark.parametrize("runtime", [onnxruntime_answer, openvino_answer])
@pytest.mark.parametrize("plan", [CONTEXT, FINE, TINY, BARE], ids=lambda plan: plan.name)
def test_the_graph_says_what_torch_says(plan, runtime):
    arrays = state_of(plan, seed=2)
    sides = (32, 16, 16)
    x = np.random.default_rng(1).normal(size=(1, plan.inputs, *sides)).astype(np.float32)
    logits = torch_answer(plan, arrays, x)
    found = runtime(onnx_graph(plan, arrays), x)
    assert np.abs(logits).max() > 0.1
    np.testing.assert_allclose(found, logits, atol=1e-3)


def test_the_graph_is_good_onnx_with_fixed_or_free_sides(an_untrained_state):
    import onnx

    for tile, wanted in (((16, 32, 16), [16, 32, 16]), (None, [0, 0, 0])):
        model = onnx.load_from_string(onnx_graph(TINY, an_untrained_state, tile))
        onnx.checker.check_model(model, full_check=True)
        sides = model.graph.output[0].type.tensor_type.shape.dim[2:]
        assert [side.dim_value for side in sides] == wanted


def test_the_order_of_the_eight_positions_matters(an_untrained_state):
    """Without it a wrong order in stem or head would pass as a right one."""
    x = np.random.default_rng(1).normal(size=(1, 2, 16, 16, 16)).astype(np.float32)
    right = torch_answer(TINY, an_untrained_state, x)
    for name, axis in (("stem.steps.0.0.weight", 1), ("widen.weight", 0)):
        turned = {**an_untrained_state, name: np.flip(an_untrained_state[name], axis).copy()}
        assert np.abs(torch_answer(TINY, turned, x) - right).max() > 0.05
