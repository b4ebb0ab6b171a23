"""Gaps bridged or to be bridged, dashed and violet: in 3-D and where they pass a slice."""

from collections.abc import Sequence

import numpy as np
from vtkmodules.vtkRenderingCore import vtkActor

from viewer.geometry.cuts import invented_parts
from viewer.geometry.tree import Branch, VesselTree, distance_along
from viewer.scene.colors import TOKENS
from viewer.scene.marks import Line
from viewer.scene.slice import SlicePlane
from viewer.scene.tree import lines
from viewer.segment.bridges import Bridge

DASH_MM = 2.0
WIDTH = 3.0


def dashes(path_lps: np.ndarray, dash_mm: float = DASH_MM) -> list[np.ndarray]:
    """Pieces (2,3) of a path (n,3), each as long as the gap after it; both ends are drawn."""
    along = distance_along(path_lps)
    count = 2 * max(1, round(float(along[-1]) / (2 * dash_mm))) + 1
    places = np.linspace(0, along[-1], count + 1)
    points = np.stack([np.interp(places, along, axis) for axis in path_lps.T], axis=1)
    return [points[n : n + 2] for n in range(0, count, 2)]


def bridge_lines(bridges: Sequence[Bridge], tree: VesselTree | None = None) -> list[vtkActor]:
    """The proposed bridges, and what a tree has of accepted ones, in 3-D, unlit."""
    paths = [bridge.path_lps for bridge in bridges]
    paths += [part for branch in _branches(tree) for part in invented_parts(branch)]
    made = [piece for path in paths for piece in dashes(path)]
    return [lines(made, TOKENS["invented"], WIDTH)] if made else []


def bridge_marks(
    bridges: Sequence[Bridge],
    plane: SlicePlane,
    thick_mm: float,
    tree: VesselTree | None = None,
) -> list[Line]:
    """The dashes that lie within a bridge's radius of a slice, or half of its thickness.

    Of proposed bridges, and of what a tree has of accepted ones.
    """
    paths = [(bridge.path_lps, bridge.radius_mm) for bridge in bridges]
    for branch in _branches(tree):
        radius = float(np.median(branch.radius_mm))
        paths += [(part, radius) for part in invented_parts(branch)]
    made = []
    for path, radius in paths:
        reach = max(radius, thick_mm / 2)
        for start, end in dashes(path):
            if abs(plane.depth_mm((start + end) / 2)) <= reach:
                ends = (*plane.pixel(start), *plane.pixel(end))
                made.append(Line(*ends, TOKENS["invented"], WIDTH, shadow=True))
    return made


def _branches(tree: VesselTree | None) -> Sequence[Branch]:
    """The branches of a tree that are invented in part."""
    return [branch for branch in tree.branches if branch.invented] if tree is not None else []
