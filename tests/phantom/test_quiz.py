import pytest

from viewer.phantom.disease import DISEASES
from viewer.phantom.patient import SUITED, suited
from viewer.phantom.quiz import QUESTIONS, Mark, score


def lesion(kind="stenosis", at=(0.0, 0.0, 0.0), numbers=None, branch=3, in_scan=True):
    return {
        "kind": kind,
        "severity": 0.6,
        "at_lps": list(at),
        "branch": branch,
        "vessel": "left renal artery",
        "from_mm": 10.0,
        "to_mm": 20.0,
        "numbers": {"diameter_stenosis": 0.7, "length_mm": 10.0} if numbers is None else numbers,
        "in_scan": in_scan,
    }


def truth(*lesions):
    return {"lesions": list(lesions)}


def test_a_perfect_answer_gets_all_points():
    found = score(truth(lesion()), [Mark((0, 3.0, 4.0), "stenosis", 72.0)])
    assert found.credit == 100
    (one,) = found.found
    assert one.distance_mm == pytest.approx(5.0)
    assert one.number == pytest.approx(70.0)
    assert one.error == pytest.approx(2.0)
    assert one.kind_right
    assert found.wrong == ()


def test_the_wrong_kind_keeps_the_points_for_the_place_only():
    found = score(truth(lesion()), [Mark((0, 0, 5.0), "occlusion", 70.0)])
    assert found.credit == 40
    assert not found.found[0].kind_right
    assert found.found[0].error is None, "another kind's number is not compared"


def test_a_number_that_is_off_loses_points_by_its_error():
    def points(number):
        return score(truth(lesion()), [Mark((0, 0, 0), "stenosis", number)]).credit

    assert points(70) == points(79) == 100
    assert points(90) == 75 + 12
    assert points(20) == points(None) == 75


def test_a_mark_far_away_meets_nothing_and_costs():
    found = score(truth(lesion()), [Mark((0, 0, 60.0), "stenosis", 70.0)])
    assert found.credit == 0
    assert found.found[0].mark is None
    assert len(found.wrong) == 1


def test_nothing_marked_is_right_only_where_nothing_is():
    assert score(truth(), []).credit == 100
    assert score(truth(), []).normal
    assert score(truth(lesion()), []).credit == 0
    assert score(truth(), [Mark((0, 0, 0), "stenosis")]).credit == 50


def test_a_lesion_outside_the_scan_counts_as_none():
    assert score(truth(lesion(in_scan=False)), []).credit == 100


def test_each_mark_meets_one_lesion_and_right_kinds_come_first():
    two = truth(lesion(), lesion("ulcer", (0, 0, 15.0), {"depth_mm": 8.0}))
    found = score(two, [Mark((0, 0, 8.0), "ulcer", 8.0), Mark((0, 0, 7.0), "stenosis", 70.0)])
    assert [each.mark.kind for each in found.found] == ["stenosis", "ulcer"]
    assert found.credit == 100


def test_a_second_mark_at_the_same_lesion_costs():
    marks = [Mark((0, 0, 0), "stenosis", 70.0), Mark((1.0, 0, 0), "stenosis", 70.0)]
    assert score(truth(lesion()), marks).credit == 80


def test_scattered_calcium_is_met_anywhere():
    calcium = lesion("calcification", (0, 0, 0), {"plaque_count": 9.0}, branch=-1)
    assert score(truth(calcium), [Mark((0, 0, 300.0), "calcification")]).credit == 100


def test_every_kind_that_may_be_asked_exists():
    assert set(QUESTIONS) <= set(DISEASES)
    for region, names in SUITED.items():
        assert set(names) <= set(DISEASES)
        assert set(suited(region)) == set(names)
