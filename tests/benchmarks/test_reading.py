"""Reading 600 slices of 512x512, beside SimpleITK in the same run.

pytest tests/benchmarks/test_reading.py --benchmark-only -p no:cacheprovider -s
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

SLICES, SIZE = 600, 512
VOLUME_BYTES = SLICES * SIZE * SIZE * 2

OURS = """
from viewer.dicom.folder import scan_folder
from viewer.dicom.headers import lenient_pydicom
from viewer.dicom.read import read_series
from viewer.progress import silent
lenient_pydicom()
def work(folder):
    [series] = scan_folder(folder, silent()).series
    return read_series(series, silent())[0].voxels
"""
ITKS = """
import SimpleITK as sitk
sitk.Image(2, 2, 2, sitk.sitkInt16)
def work(folder):
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(folder)))
    return sitk.GetArrayViewFromImage(reader.Execute()).copy
"""
MEASURE = """
import json, psutil, sys, time
from pathlib import Path
before = psutil.Process().memory_info().rss
started = time.perf_counter()
kept = work(Path(sys.argv[1]))
seconds = time.perf_counter() - started
# Not ru_maxrss: a child starts with what its parent once held.
status = Path("/proc/self/status").read_text()
peak = 1024 * int(status.split("VmHWM:")[1].split()[0])
print(json.dumps({"seconds": seconds, "extra": peak - before}))
"""


@pytest.fixture(scope="module")
def a_large_series(tmp_path_factory):
    """600 slices of noise over a ramp, written once."""
    import pydicom
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    folder = tmp_path_factory.mktemp("large")
    random = np.random.default_rng(1)
    noise = random.integers(0, 2000, (SIZE, SIZE), dtype=np.int16)
    for k in range(SLICES):
        made = pydicom.Dataset()
        made.file_meta = FileMetaDataset()
        made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        made.SOPClassUID, made.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", f"1.2.3.4.{k + 1}"
        made.ImageType, made.Modality = ["ORIGINAL", "PRIMARY", "AXIAL"], "CT"
        made.StudyInstanceUID, made.SeriesInstanceUID = "1.2.3", "1.2.3.4"
        made.FrameOfReferenceUID, made.InstanceNumber = "1.2.3.5", k + 1
        made.ImagePositionPatient = [-180.0, -180.0, round(0.8 * k, 3)]
        made.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        made.PixelSpacing, made.SliceThickness = [0.7, 0.7], "1.0"
        made.Rows = made.Columns = SIZE
        made.SamplesPerPixel, made.PhotometricInterpretation = 1, "MONOCHROME2"
        made.BitsAllocated, made.BitsStored, made.HighBit = 16, 12, 11
        made.PixelRepresentation, made.RescaleSlope, made.RescaleIntercept = 0, "1", "-1024"
        made.PixelData = (noise + np.int16(k)).tobytes()
        made.save_as(folder / f"{k:04}.dcm", enforce_file_format=True)
    return folder


def measure(code: str, folder: Path) -> dict[str, float]:
    """Seconds and extra memory of one run in a process of its own."""
    command = [sys.executable, "-c", code + MEASURE, str(folder)]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


@pytest.mark.slow
def test_reading_beside_itk(benchmark, a_large_series, capsys):
    if not Path("/proc/self/status").exists():
        pytest.skip("the highest memory is read as Linux tells it")
    measure(OURS, a_large_series)
    runs = []

    def both():
        runs.append((measure(OURS, a_large_series), measure(ITKS, a_large_series)))

    benchmark.pedantic(both, rounds=3, iterations=1)
    ours = min(mine["seconds"] for mine, _ in runs)
    theirs = min(its["seconds"] for _, its in runs)
    extra = max(mine["extra"] for mine, _ in runs)
    figures = {
        "seconds": round(ours, 2),
        "seconds_itk": round(theirs, 2),
        "time_ratio": round(ours / theirs, 3),
        "memory_ratio": round(extra / VOLUME_BYTES, 3),
        "memory_ratio_itk": round(max(its["extra"] for _, its in runs) / VOLUME_BYTES, 3),
    }
    benchmark.extra_info.update(figures)
    with capsys.disabled():
        print("\nReading 600 slices, folder to volume:", figures)
    assert figures["time_ratio"] <= 0.6
    assert figures["memory_ratio"] <= 1.2
