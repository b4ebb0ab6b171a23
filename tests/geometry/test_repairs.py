"""What is told of the mending of trees, and that it is kept."""

from dataclasses import replace

import pytest

from viewer.errors import ViewerError
from viewer.geometry.files import read_tree, write_tree
from viewer.geometry.repairs import Repair, notices


def test_each_place_is_told_until_there_are_many():
    few = [Repair("loop", (1.0, 2.0, 3.0)), Repair("touching", (4.0, 5.0, 6.0))]
    told = notices(few)
    assert [notice.point_lps for notice in told] == [(4.0, 5.0, 6.0), (1.0, 2.0, 3.0)]
    many = notices([Repair("crumbs", (0.0, 0.0, float(n))) for n in range(7)])
    assert len(many) == 1
    assert many[0].text.startswith("7 pieces")
    assert many[0].point_lps is None


def test_repairs_are_kept_in_the_file_of_a_tree(a_tree, tmp_path):
    repairs = (Repair("pieces", (1.5, -2.0, 3.25)), Repair("loop", (0.0, 0.0, 1.0)))
    write_tree(replace(a_tree, repairs=repairs), tmp_path / "tree.vtp")
    assert read_tree(tmp_path / "tree.vtp").repairs == repairs


def test_a_file_with_an_unknown_repair_is_refused(a_tree, tmp_path):
    odd = Repair("glued", (0.0, 0.0, 0.0))
    write_tree(replace(a_tree, repairs=(odd,)), tmp_path / "tree.vtp")
    with pytest.raises(ViewerError, match="do not fit"):
        read_tree(tmp_path / "tree.vtp")
