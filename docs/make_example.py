"""Makes the example case: CT slices as they are, their pixels packed with JPEG-LS lossless.

    python docs/make_example.py SOURCE OUT

SOURCE is the folder `hcc015_arterial_portal_dicom_ccby/arterial_series4` of the shared data, OUT
a folder such as `resources/example`.
"""

import sys
from pathlib import Path

import pydicom
from pydicom.uid import JPEGLSLossless

ATTRIBUTION = """# The example case

An arterial-phase CT of the abdomen: patient HCC_015, series 4 ("Recon 2: LIVER 3 PHASE (AP)"),
61 slices, from the data set HCC-TACE-Seg of The Cancer Imaging Archive. It is real, and its
patient's identity was removed by the archive.

License: Creative Commons Attribution 4.0 International (CC BY 4.0),
<https://creativecommons.org/licenses/by/4.0/>.

Attribution: Moawad AW, Fuentes D, Morshid A, et al. (2021) Multimodality annotated HCC cases with
and without advanced imaging segmentation (HCC-TACE-Seg) [Data set]. The Cancer Imaging Archive.
<https://doi.org/10.7937/TCIA.5FNA-0924>.

What was changed: the pixels were compressed without loss (JPEG-LS, transfer syntax
1.2.840.10008.1.2.4.80). Every pixel value and every other element of the data set is as in the
source; of the file meta information only the transfer syntax was changed.
Made by `docs/make_example.py`.
"""


def make_example(source: Path, out: Path) -> int:
    """Write every slice of `source` into `out`; how many bytes they take together."""
    out.mkdir(parents=True, exist_ok=True)
    total = 0
    for path in sorted(source.glob("*.dcm")):
        dataset = pydicom.dcmread(path)
        dataset.compress(JPEGLSLossless, generate_instance_uid=False, encoding_plugin="pyjpegls")
        dataset.save_as(out / path.name)
        total += (out / path.name).stat().st_size
    (out / "ATTRIBUTION.md").write_text(ATTRIBUTION, encoding="utf-8")
    return total


def main() -> None:
    """Run with the arguments of the command line."""
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    total = make_example(Path(sys.argv[1]), Path(sys.argv[2]))
    print(f"{total / 1e6:.1f} MB in {sys.argv[2]}")


if __name__ == "__main__":
    main()
