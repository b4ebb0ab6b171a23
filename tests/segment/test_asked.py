"""What comes along when networks are asked, even ones that know nothing."""

import dataclasses

import numpy as np
import pytest

from tests.networks.tiny import TINY, card_of, state_of
from viewer.networks.device import Device
from viewer.networks.network import Network
from viewer.networks.registry import Weights
from viewer.progress import silent
from viewer.segment.evidence import notices
from viewer.segment.vessels import Networks, find_vessels


@pytest.fixture(scope="module")
def found(a_phantom, a_suitability):
    plan = dataclasses.replace(TINY, widths=(4, 8))
    card = card_of(plan, training={"doubt_limit": 0.2})
    network = Network(Weights(card, state_of(plan)), Device("processor", "processor", 1))
    networks = Networks(network, overlap=0.25)
    return find_vessels(a_phantom.volume, a_suitability, silent(), networks=networks)


def test_every_label_has_a_confidence_and_nothing_else(found):
    labelled = found.mask.labels > 0
    assert labelled.any()
    np.testing.assert_array_equal(found.mask.confidence > 0, labelled)


def test_the_evidence_names_the_networks_and_finds_the_scan_unfamiliar(found):
    assert found.evidence.networks == ("tiny",)
    assert found.evidence.doubt > found.evidence.doubt_limit == 0.2
    assert found.evidence.agreement is not None


def test_the_reader_is_told(found, a_suitability):
    codes = {notice.code for notice in notices(found.evidence, a_suitability)}
    assert {"research networks", "unfamiliar scan"} <= codes
