"""The command that makes up patients: phantom."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from viewer.errors import ViewerError
from viewer.progress import Cancelled, Progress

if TYPE_CHECKING:
    from viewer.phantom.patient import Recipe


def add_phantom(verbs: Any) -> None:
    """Add `phantom`: made-up patients with their truth."""
    verb = verbs.add_parser(
        "phantom",
        help="make up patients: scans with exact truth and no person behind them",
        description="Writes a folder a patient: the scan (NIfTI, NRRD or DICOM), labels.nii.gz "
        "with their names in labels.json, centerlines.vtp and truth.json. The same version, "
        "options and seed give the same bytes.",
    )
    verb.add_argument("out", type=Path, nargs="?", help="the folder to write the patients into")
    verb.add_argument("--region", metavar="R", help="what the scan covers")
    verb.add_argument(
        "--disease",
        metavar="D[=SEVERITY]",
        action="append",
        default=[],
        help="a disease, how severe from 0 to 1 (else drawn from the seed); may be repeated",
    )
    verb.add_argument(
        "--variant",
        metavar="NAME",
        nargs="*",
        action="extend",
        help="variants of the anatomy (none with no name; else drawn from the seed)",
    )
    verb.add_argument("--phase", metavar="P", help="of the contrast; drawn from the seed")
    verb.add_argument("--kvp", metavar="N", type=int, help="tube voltage; drawn from the seed")
    verb.add_argument("--scanner", metavar="S", help="kernel and slices; drawn from the seed")
    verb.add_argument("--dose", metavar="X", type=float, default=1.0, help="share of the usual one")
    verb.add_argument("--spacing", metavar="MM", type=float, help="size of a voxel")
    verb.add_argument("--seed", metavar="N", type=int, default=1, help="of the first patient")
    verb.add_argument("--count", metavar="N", type=int, default=1, help="how many, a seed each")
    verb.add_argument(
        "--variety", metavar="X", type=float, default=1.0, help="how far bodies differ (1: usual)"
    )
    verb.add_argument(
        "--random-contrast",
        action="store_true",
        help="tissues as bright as chance has it, as in an MR angiogram",
    )
    verb.add_argument("--dicom", action="store_true", help="the scan as a DICOM series")
    verb.add_argument("--format", choices=("nii.gz", "nrrd"), default="nii.gz", help="of the scan")
    verb.add_argument("--list", action="store_true", help="what there is to choose from")
    verb.set_defaults(command=_phantom)


def _phantom(args: argparse.Namespace, progress: Progress) -> int:
    if args.list:
        _print_choices()
        return 0
    if args.out is None or args.region is None:
        raise ViewerError("Name a folder and a --region; see the choices with --list.")
    if args.count < 1:
        raise ViewerError("The count must be 1 or more; nothing was made.")
    from viewer.case.made_up import demand_memory, folder_name
    from viewer.case.store import refuse_existing

    recipes = [replace(_recipe(args), seed=args.seed + n) for n in range(args.count)]
    folders = [args.out / folder_name(recipe) for recipe in recipes]
    demand_memory(recipes[0])
    for folder in folders:
        refuse_existing(folder, overwrite=False)
    written = 0
    try:
        for recipe, folder in zip(recipes, folders, strict=True):
            _make(
                args,
                recipe,
                folder,
                progress.part(written / args.count, (written + 1) / args.count),
            )
            written += 1
    except (Cancelled, KeyboardInterrupt, ViewerError) as error:
        if written == 0:
            raise
        why = str(error) if isinstance(error, ViewerError) else "Cancelled."
        raise ViewerError(f"{why} {written} of {args.count} patients are in {args.out}.") from error
    print(f"Done; {args.count} made-up patient{'s' * (args.count > 1)} in {args.out}.")
    return 0


def _make(args: argparse.Namespace, recipe: "Recipe", folder: Path, progress: Progress) -> None:
    from viewer.case.made_up import write_patient
    from viewer.phantom.patient import make_patient

    patient = make_patient(recipe, progress.part(0.0, 0.8))
    missed = [each for each in patient.document["lesions"] if not each["in_scan"]]
    write_patient(
        patient, folder, progress.part(0.8, 1.0), dicom=args.dicom, form=f".{args.format}"
    )
    for lesion in missed:
        print(f"Note: {lesion['kind']} of {folder.name} lies outside the scan.")


def _recipe(args: argparse.Namespace) -> "Recipe":
    from viewer.phantom.patient import Recipe, check

    recipe = Recipe(
        region=args.region,
        seed=args.seed,
        diseases=dict(_disease(text) for text in args.disease),
        phase=args.phase,
        kvp=args.kvp,
        scanner=args.scanner,
        dose=args.dose,
        spacing_mm=args.spacing,
        variety=args.variety,
        variants=None if args.variant is None else tuple(args.variant),
        random_contrast=args.random_contrast,
    )
    check(recipe)
    return recipe


def _disease(text: str) -> tuple[str, float | None]:
    name, equals, severity = text.partition("=")
    try:
        return name, float(severity) if equals else None
    except ValueError as error:
        raise ViewerError(f"{severity} is no severity of {name}; name one from 0 to 1.") from error


def _print_choices() -> None:
    from viewer.phantom.disease import DISEASES
    from viewer.phantom.patient import KVPS, suited
    from viewer.phantom.regions import REGIONS
    from viewer.phantom.scanner import SCANNERS
    from viewer.phantom.tissue import PHASES
    from viewer.phantom.variants import VARIANTS

    print("Regions, with the diseases that suit them:")
    for name, region in REGIONS.items():
        print(f"  {name:18s} {region.title}: {', '.join(suited(name))}.")
    print("\nDiseases, and what their severity from 0 to 1 means:")
    for name, disease in DISEASES.items():
        print(f"  {name:32s} {disease.description} Severity: {disease.severity}.")
    print("\nScanners:")
    for name, scanner in SCANNERS.items():
        print(
            f"  {name:18s} Slices of {scanner.slice_mm:g} mm, noise {scanner.noise_hu:g} HU, "
            f"point spread {scanner.psf_mm:g} mm."
        )
    print("\nVariants (--variant), else drawn from the seed as common as in people:")
    for name, variant in VARIANTS.items():
        print(f"  {name:32s} {variant.title}, in {100 * variant.prevalence:g} %.")
    print(f"\nPhases: {', '.join(PHASES)}. Tube voltages: {', '.join(map(str, KVPS))} kVp.")
