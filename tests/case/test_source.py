import pytest

from viewer.case.source import choose, demand_memory, find_source, open_source
from viewer.case.store import save_case
from viewer.dicom.series import Series
from viewer.errors import Notice, ViewerError
from viewer.progress import silent
from viewer.volume.files import write_volume
from viewer.volume.grid import Grid

GRID = Grid.regular((10, 512, 512))
FIRST = Series("1.1", (), GRID, description="arterial")
SECOND = Series("1.2", (), GRID, description="portal")
MRI = Series("1.3", (), None, notices=(Notice("modality", "blocks", "This is an MR series."),))


def test_the_only_readable_series_is_chosen():
    assert choose((FIRST, MRI), None) is FIRST


def test_two_series_are_never_chosen_silently():
    with pytest.raises(ViewerError, match=r"2 series here.*1\.1 \(arterial, 10\)"):
        choose((FIRST, SECOND), None)
    assert choose((FIRST, SECOND), "1.2") is SECOND


def test_what_cannot_be_read_says_why():
    with pytest.raises(ViewerError, match="This is an MR series"):
        choose((FIRST, MRI), "1.3")
    with pytest.raises(ViewerError, match="This is an MR series"):
        choose((MRI,), None)
    with pytest.raises(ViewerError, match="no series 9"):
        choose((FIRST,), "9")


def test_a_volume_file_opens_as_a_case(a_volume, tmp_path):
    path = tmp_path / "scan.nii.gz"
    write_volume(a_volume, path)
    source = find_source(path, silent())
    case = open_source(source, None, silent())
    assert (case.volume.voxels == a_volume.voxels).all()
    assert "no DICOM header" in case.warnings[0].text
    assert case.records_of("volume")[0].step == "read"


def test_a_case_folder_and_its_case_json_open_as_a_case(a_case, tmp_path):
    save_case(a_case, tmp_path / "case")
    for path in (tmp_path / "case", tmp_path / "case" / "case.json"):
        source = find_source(path, silent())
        assert source.kind == "case"
        assert open_source(source, None, silent()).tree is not None


def test_a_missing_path_gets_a_sentence(tmp_path):
    with pytest.raises(ViewerError, match="does not exist"):
        find_source(tmp_path / "nowhere", silent())


def test_a_series_too_large_for_the_memory_is_refused_before_reading():
    huge = Series("1", (), Grid.regular((2_000_000, 512, 512)))
    with pytest.raises(ViewerError, match="of memory and"):
        demand_memory(huge)
    demand_memory(FIRST)
