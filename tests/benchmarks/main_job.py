"""Times the main job end to end in a process of its own, with its peak memory.

Run it from a checkout: `python -m tests.benchmarks.main_job [--slices N] [--draft]`. With slices
the scan is the example brought to 1 mm and mirrored along the body until it has N slices of
512 x 512.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil

from viewer.dicom.folder import scan_folder
from viewer.dicom.read import read_series
from viewer.progress import silent
from viewer.resource import resource
from viewer.volume.files import write_volume
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume


def large_scan(slices: int) -> Volume:
    """Slices of 512 x 512 at 1 mm with the anatomy of the example."""
    from scipy.ndimage import zoom

    series = scan_folder(resource("example"), silent()).series[0]
    small, _ = read_series(series, silent())
    spacing = small.grid.spacing_mm
    fine = zoom(small.voxels, (spacing[0], 1, 1), order=1)
    there_and_back = np.concatenate([fine, fine[::-1]])
    times = -(-slices // len(there_and_back))
    voxels = np.ascontiguousarray(np.tile(there_and_back, (times, 1, 1))[:slices])
    return Volume(voxels, Grid.regular(voxels.shape, (1.0, spacing[1], spacing[2])))


def measure(source: Path, out: Path, mode: str) -> dict:
    """Wall and processor time and peak memory of `angioscape reconstruct`, children included.

    Processor time is what to look at where other programs hold the machine.
    """
    command = [sys.executable, "-m", "viewer", "reconstruct", str(source), str(out)]
    command += ["--segment-mode", mode]
    begun, before = time.perf_counter(), os.times()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    peak = 0
    while process.poll() is None:
        try:
            watched = psutil.Process(process.pid)
            family = [watched, *watched.children(recursive=True)]
            peak = max(peak, sum(each.memory_info().rss for each in family))
        except psutil.Error:
            continue
        time.sleep(0.05)
    seconds, after = time.perf_counter() - begun, os.times()
    of_own = after.children_user - before.children_user
    of_system = after.children_system - before.children_system
    told = json.loads((out / "case.json").read_text())
    steps = {record["step"]: record["seconds"] for record in told["records"]}
    return {
        "exit": process.returncode,
        "seconds": round(seconds, 1),
        "processor_seconds": round(of_own + of_system, 1),
        "peak_gb": round(peak / 1e9, 2),
        "steps": steps,
    }


def main() -> None:
    """Measure the example, or a large scan."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--slices", type=int)
    asked.add_argument("--draft", action="store_true")
    options = asked.parse_args()
    mode = "draft" if options.draft else "final"
    with tempfile.TemporaryDirectory() as place:
        source = resource("example")
        if options.slices:
            source = Path(place) / "large.nrrd"
            write_volume(large_scan(options.slices), source)
        print(json.dumps(measure(source, Path(place) / "case", mode), indent=1))


if __name__ == "__main__":
    main()
