from viewer.networks.plan import ARTERY, BONE, CHAMBER, OTHER, VEIN
from viewer.phantom.tissue import Tissue
from viewer.training.classes import UNKNOWN, class_of_tissue


def test_every_tissue_has_a_class_and_no_other_number_has_one():
    classes = class_of_tissue()
    assert all(classes[t] != UNKNOWN for t in Tissue)
    assert classes[31] == UNKNOWN


def test_what_lies_in_an_artery_is_the_arterys():
    classes = class_of_tissue()
    for tissue in (Tissue.ARTERY, Tissue.THROMBUS, Tissue.PLAQUE, Tissue.CALCIUM):
        assert classes[tissue] == ARTERY
    assert classes[Tissue.PORTAL] == classes[Tissue.PULMONARY_ARTERY] == VEIN
    assert classes[Tissue.MARROW] == BONE
    assert classes[Tissue.HEART_WALL] == CHAMBER
    assert classes[Tissue.MUSCLE] == OTHER
