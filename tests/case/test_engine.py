import dataclasses
import re
from functools import partial

import numpy as np
import pytest

from tests.networks.tiny import TINY, card_of, state_of
from viewer.case.engine import Engine, engine_for
from viewer.case.facts import record_facts, record_from
from viewer.case.options import SegmentOptions
from viewer.case.pipeline import advance
from viewer.case.store import load_case, save_case
from viewer.errors import ViewerError
from viewer.networks.registry import open_weights, save_weights
from viewer.networks.sign import sign_folder
from viewer.progress import Cancelled, Progress
from viewer.segment.vessels import DRAFT_OVERLAP, FINAL_OVERLAP

PLAN = dataclasses.replace(TINY, name="context")


@pytest.fixture
def a_key(tmp_path):
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    key = Ed25519PrivateKey.generate()
    path = tmp_path / "signing.key"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path, key.public_key().public_bytes_raw().hex()


@pytest.fixture
def shipped(tmp_path, a_key, monkeypatch):
    """A folder of networks as if it came with the program: one that knows nothing."""
    folder = tmp_path / "models"
    save_weights(folder, card_of(PLAN), state_of(PLAN))
    sign_folder(folder, a_key[0])
    monkeypatch.setattr("viewer.case.engine.models_folder", lambda: folder)
    trusting = partial(open_weights, keys=(a_key[1],))
    monkeypatch.setattr("viewer.networks.network.open_weights", trusting)
    return folder


def test_without_networks_the_rules_work_and_it_is_said(monkeypatch):
    monkeypatch.setattr("viewer.case.engine.models_folder", lambda: None)
    engine = engine_for(SegmentOptions())
    assert engine.networks is None
    assert "found by rules" in engine.notices[0].text
    assert engine.notices[0].severity == "info"


def test_a_person_may_want_no_networks(shipped):
    assert engine_for(SegmentOptions(engine="rules")).networks is None
    assert engine_for(SegmentOptions(engine="rules")).notices == ()


def test_the_networks_that_ship_are_opened_with_their_checksum(shipped):
    engine = engine_for(SegmentOptions(device="cpu"))
    assert engine.networks.context.card.name == "context"
    assert len(engine.checksums["context"]) == 64
    assert engine.device == "processor"
    assert engine.networks.overlap == FINAL_OVERLAP
    assert engine_for(SegmentOptions(mode="draft")).networks.overlap == DRAFT_OVERLAP


def test_a_changed_network_is_refused_with_a_sentence_and_never_asked(shipped):
    path = shipped / "context.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    engine = engine_for(SegmentOptions())
    assert engine.networks is None
    (notice,) = engine.notices
    assert notice.severity == "warning"
    assert "were refused" in notice.text
    assert notice.text.endswith("found by rules on brightness and shape.")


def test_a_network_that_cannot_run_does_not_stop_the_work(shipped, monkeypatch):
    def broken(*_):
        raise RuntimeError("no such kernel")

    monkeypatch.setattr("viewer.networks.network.open_session", broken)
    assert "cannot run here" in engine_for(SegmentOptions()).notices[0].text


def test_a_spoiled_card_does_not_stop_the_work(shipped):
    (shipped / "context.toml").write_text("spoiled")
    engine = engine_for(SegmentOptions())
    assert engine.networks is None
    assert "were refused (The card context.toml cannot be read)" in engine.notices[0].text


def test_weights_that_vanish_are_said_to_be_missing(shipped):
    (shipped / "context.safetensors").unlink()
    engine = engine_for(SegmentOptions())
    assert engine.networks is None
    assert "were refused" in engine.notices[0].text


BROKEN = {
    "a kernel": (RuntimeError("no such kernel"), "RuntimeError"),
    "memory": (MemoryError(), "out of memory"),
    "graphics memory": (RuntimeError("CUDA out of memory. Tried to allocate"), "out of memory"),
    "too small a machine": (ViewerError("The network needs 9.0 GB; nothing was run."), "9.0 GB"),
    "a file": (FileNotFoundError("context.safetensors"), "FileNotFoundError"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_networks_that_fail_on_the_way_leave_the_case_to_the_rules(
    shipped, a_case, monkeypatch, what
):
    error, said = BROKEN[what]

    def broken(*_):
        raise error

    options = SegmentOptions(device="cpu")
    assert engine_for(options).networks is not None
    monkeypatch.setattr("viewer.networks.session.ProcessorSession.run", broken)
    by_rules = advance(a_case, "segment", SegmentOptions(engine="rules"))
    case = advance(a_case, "segment", options)
    np.testing.assert_array_equal(case.mask.labels, by_rules.mask.labels)
    (told,) = [each for each in case.notices["mask"] if each.code == "without networks"]
    assert told.severity == "warning"
    assert said in told.text
    assert told.text.endswith("found by rules on brightness and shape.")
    record = case.records_of("mask")[-1]
    assert not record.networks
    assert record.device == ""
    assert not any("research use" in each.text for each in case.notices["mask"])


def test_what_the_network_takes_is_told_before_it_is_asked(shipped, a_case):
    told = []
    advance(
        a_case,
        "segment",
        SegmentOptions(device="cpu"),
        Progress(lambda fraction, text: told.append((fraction, text))),
    )
    texts = [text for _, text in told]
    (first,) = [n for n, text in enumerate(texts) if "the network context takes" in text]
    assert told[first][0] <= 0.1, "after smoothing"
    assert re.search(r"takes (under 1|\d+) s and \d+ MB at most$", texts[first])
    assert first < next(n for n, text in enumerate(texts) if text.startswith("Network context"))


def test_a_cancelled_network_is_no_broken_one(shipped, a_case, monkeypatch):
    def cancelled(*_):
        raise Cancelled

    monkeypatch.setattr("viewer.networks.session.ProcessorSession.run", cancelled)
    with pytest.raises(Cancelled):
        advance(a_case, "segment", SegmentOptions(device="cpu"))


def test_a_device_that_is_not_here_is_an_error(shipped, monkeypatch):
    monkeypatch.setattr("viewer.networks.device._cuda_name", lambda: "")
    with pytest.raises(ViewerError, match="no graphics processor"):
        engine_for(SegmentOptions(device="cuda"))


def test_the_case_keeps_which_networks_were_asked_and_how_sure_they_were(
    shipped, a_case, tmp_path, monkeypatch
):
    from viewer.segment import vessels
    from viewer.segment.bridges import Bridge
    from viewer.segment.evidence import Evidence, Found

    sure = np.random.default_rng(0).integers(0, 256, a_case.mask.labels.shape).astype(np.uint8)
    mask = dataclasses.replace(a_case.mask, confidence=sure)
    found = Found(mask, Evidence(networks=("context",), agreement=0.4))
    monkeypatch.setattr(vessels, "find_vessels", lambda *_, **__: found)
    bridge = Bridge(np.array([[0.0, 0, 0], [1, 2, 3]]), 2.0, 3.0, 0.5, True)
    monkeypatch.setattr("viewer.segment.bridges.propose_bridges", lambda *_: (bridge,))
    case = advance(a_case, "segment", SegmentOptions(device="cpu"))
    (record,) = case.records_of("mask")
    assert record.networks == engine_for(SegmentOptions(device="cpu")).checksums
    assert record.device == "processor"
    assert record.options["engine"] == "networks"
    assert vars(record_from(record_facts(record))) == vars(record)
    save_case(case, tmp_path / "case")
    opened = load_case(tmp_path / "case")
    np.testing.assert_array_equal(opened.mask.confidence, sure)
    np.testing.assert_array_equal(opened.bridges[0].path_lps, bridge.path_lps)
    assert opened.bridges[0].occluded
    assert opened.notices["mask"] == case.notices["mask"]
    assert any("research use" in notice.text for notice in opened.warnings)


def test_a_draft_decides_on_coarser_blocks(a_case, monkeypatch):
    from viewer.segment import vessels
    from viewer.segment.evidence import Evidence, Found

    asked = []

    def find(*_, block_mm, **__):
        asked.append(block_mm)
        return Found(a_case.mask, Evidence())

    monkeypatch.setattr(vessels, "find_vessels", find)
    monkeypatch.setattr("viewer.segment.bridges.propose_bridges", lambda *_: ())
    for mode in ("final", "draft"):
        advance(a_case, "segment", SegmentOptions(engine="rules", mode=mode))
    assert asked == [1.3, 1.6]


def test_an_engine_of_rules_has_no_device():
    assert Engine().device == ""
