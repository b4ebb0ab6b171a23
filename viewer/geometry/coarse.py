"""A coarse copy of a mesh within a blink."""

import numpy as np

TRIES = 4


def merged_in_cubes(
    points_lps: np.ndarray, triangles: np.ndarray, wanted: int
) -> tuple[np.ndarray, np.ndarray]:
    """Points (n,3) float32 and triangles (m,3) int32 with all points in one cube made one.

    The cube's size is sought so that at most about `wanted` triangles are left (Lindstrom 2000,
    through vtkBinnedDecimation).
    """
    size = np.maximum(np.ptp(points_lps, axis=0), 1e-6)
    corners = points_lps[triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    area = 0.5 * float(np.linalg.norm(normals, axis=1).sum())
    edge = np.sqrt(2.5 * area / max(wanted, 4))
    best = points_lps[:0], triangles[:0]
    for _ in range(TRIES):
        best = _merged(points_lps, triangles, np.maximum(np.ceil(size / edge), 2).astype(int))
        if len(best[1]) <= 1.1 * wanted:
            break
        edge *= 1.05 * np.sqrt(len(best[1]) / max(wanted, 4))
    return best


def _merged(
    points_lps: np.ndarray, triangles: np.ndarray, divisions: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The mesh with all points in each of `divisions` (3,) bins made one."""
    from vtkmodules.vtkFiltersCore import vtkBinnedDecimation

    from viewer.geometry.polydata import arrays_of, mesh_from
    from viewer.geometry.wall import use_threads

    use_threads()
    merge = vtkBinnedDecimation()
    merge.SetInputData(mesh_from(points_lps, triangles))
    merge.AutoAdjustNumberOfDivisionsOff()
    merge.SetNumberOfDivisions(*(int(n) for n in divisions))
    merge.SetPointGenerationModeToBinAverages()
    merge.Update()
    return arrays_of(merge.GetOutput())
