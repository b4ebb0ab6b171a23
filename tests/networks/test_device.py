import psutil
import pytest

from viewer.errors import ViewerError
from viewer.networks import device as devices
from viewer.networks.device import PLACE, choose, free_memory


@pytest.fixture(autouse=True)
def no_wish(monkeypatch):
    monkeypatch.delenv(PLACE, raising=False)


def test_the_processor_computes_exactly_unless_asked_otherwise():
    device = choose("processor")
    assert (device.kind, device.exact) == ("processor", True)
    assert device.threads >= 1
    assert not choose("processor", exact=False).exact


def test_a_graphics_processor_comes_first_and_in_half_precision(monkeypatch):
    monkeypatch.setattr(devices, "_cuda_name", lambda: "Card 9000")
    assert choose() == choose("cuda")
    assert (choose().kind, choose().name, choose().exact) == ("cuda", "Card 9000", False)
    assert choose("cuda", exact=True).exact
    assert choose("processor").kind == "processor"


def test_the_environment_decides_unless_one_is_asked_for(monkeypatch):
    monkeypatch.setattr(devices, "_cuda_name", lambda: "Card 9000")
    monkeypatch.setenv(PLACE, "processor")
    assert choose().kind == "processor"
    assert choose("cuda").kind == "cuda"


def test_what_is_not_here_is_refused(monkeypatch):
    monkeypatch.setattr(devices, "_cuda_name", lambda: "")
    assert choose().kind == "processor"
    with pytest.raises(ViewerError, match="no graphics processor"):
        choose("cuda")
    with pytest.raises(ViewerError, match="no kind of device"):
        choose("abacus")


def test_free_memory_is_part_of_all_memory():
    total = psutil.virtual_memory().total
    assert 0 < free_memory() <= total
    assert 0 < choose("processor").free_bytes <= total
