"""Measures trees, sections, findings and aortas, and writes the second half of accuracy.md.

Run it from a checkout: `python -m tests.benchmarks.measuring [--only trees,sections]`; it takes
about an hour on one core. Each part is a benchmark of its own; what was written before of the
parts that are not run again stays.
"""

import argparse
import re
import subprocess
import sys

from tests.benchmarks.accuracy import MEASURES, PAGE

INTRODUCTION = """
Made by `python -m tests.benchmarks.measuring`, each part by the command named under its heading;
do not edit by hand. What the numbers mean stands in [vessel.md](vessel.md).
"""
PARTS = {
    "trees": (
        "Trees beside skeletons and maximal spheres",
        "tests.benchmarks.tree",
        """Made-up vessels on grids turned any way, blurred, 20 HU of noise; the map is what lies
above the half maximum. Beside it the skeleton and distance transform of scikit-image and SciPy on
the same maps, and what was stated to us for VMTK's maximal inscribed spheres: 0.03 to 0.08 mm for
the middle, and the radii in the table.""",
    ),
    "sections": (
        "Cross-sections and their error bars",
        "tests.benchmarks.sections",
        """Vessels, grids, blur (which the program is not told) and noise drawn anew in every trial.
"Within 2 sd" should be 95 %; more means that the error bars are wider than they need be.""",
    ),
    "findings": (
        "Diseases of made-up people",
        "tests.benchmarks.findings --seeds 51-53",
        """Traced from the true map of the generator's people, so that only measuring is judged.
These rules were made while looking at other seeds of the same generator.""",
    ),
    "aortas": (
        "Aortas of real patients",
        "tests.benchmarks.aorta",
        """The dissection's report and masks are a network's predictions, the other references
half-maximum diameters on axial slices; none is an expert's measurement.""",
    ),
}


def main() -> int:
    """Run the parts and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default=",".join(PARTS), help="the parts to run again")
    wanted = parser.parse_args().only.split(",")
    page = PAGE.read_text(encoding="utf-8")
    top, _, below = page.partition(MEASURES)
    text = INTRODUCTION
    for name, (title, module, about) in PARTS.items():
        heading = f"\n### {title}\n"
        if name in wanted:
            print(f"{module} …", flush=True)
            made = subprocess.run(
                [sys.executable, "-m", *module.split()], check=True, capture_output=True, text=True
            ).stdout
            # Headings of a benchmark stand below those of this page.
            made = re.sub(r"^#+ ", "#### ", made.strip(), flags=re.MULTILINE)
            text += f"{heading}\n`python -m {module}`. {about}\n\n{made}\n"
        elif heading in below:
            text += heading + below.partition(heading)[2].partition("\n### ")[0].rstrip() + "\n"
    PAGE.write_text(top.rstrip() + "\n\n" + MEASURES + text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
