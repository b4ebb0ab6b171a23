"""The volume picture: bricks of voxels seen through a preset."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from vtkmodules.vtkCommonCore import vtkMultiThreader
from vtkmodules.vtkCommonDataModel import vtkImageData, vtkPiecewiseFunction
from vtkmodules.vtkRenderingCore import (
    vtkColorTransferFunction,
    vtkVolume,
    vtkVolumeProperty,
)
from vtkmodules.vtkRenderingVolume import (
    vtkFixedPointVolumeRayCastMapper,
    vtkGPUVolumeRayCastMapper,
)

from viewer.scene.colors import VolumePreset, unit_rgb
from viewer.scene.image import GridImage, lps_from_vtk, vtk_matrix
from viewer.scene.prepare import Brick, PreparedVolume
from viewer.scene.voxel_tint import keyed_hu, tinted
from viewer.volume.grid import Grid

SUB_VOLUME = 0x0002000  # only the middle of the 27 regions
OVERLAP = 0.7  # of a voxel: bricks that only touch leave a dark line between them
PARTS = 2  # of a fine brick; each is a step of the picture, which stays far under 100 ms
Clip = tuple[float, float, float, float, float, float]  # along columns, rows and slices, 0 to 1
WHOLE: Clip = (0, 1, 0, 1, 0, 1)


class VolumeView:
    """The bricks of one prepared volume: the coarse one for dragging and the fine ones."""

    def __init__(self, prepared: PreparedVolume, software: bool) -> None:
        self.prepared = prepared
        self._parts = PARTS if software else 1
        self._box = WHOLE
        self.property = vtkVolumeProperty()
        self.property.SetInterpolationTypeToLinear()
        self.coarse = _prop(prepared.coarse, prepared.coarse_grid, self.property, software)
        self.fine = (
            [_prop(brick, prepared.grid, self.property, software) for brick in prepared.fine]
            if software
            else [self.coarse]
        )

    @property
    def props(self) -> list[vtkVolume]:
        """Everything to add to a renderer."""
        return [self.coarse, *(p for p in self.fine if p is not self.coarse)]

    def dress(self, preset: VolumePreset, opacity: float, shading: bool) -> None:
        """Colors, opacity and light; painted voxels keep the colors that they were painted in."""
        painted = self.prepared.painted
        alpha = vtkPiecewiseFunction()
        if painted is None:
            for hu, value in preset.opacity:
                alpha.AddPoint(hu, value * opacity)
        else:
            for key, value in enumerate(painted.opacity_of(keyed_hu(painted))):
                alpha.AddPoint(key, float(value) * opacity)
        tones = np.array([unit_rgb(tone) for _, tone in preset.color])
        self.property.SetIndependentComponents(painted is None)
        self.property.SetScalarOpacity(alpha)
        self.property.SetColor(_colors(preset, tones))
        if self.prepared.coarse.codes is not None:
            for code, mixed in enumerate(tinted(255 * tones, self.prepared.tint.name)):
                self.property.SetLabelColor(code, _colors(preset, mixed / 255))
                self.property.SetLabelScalarOpacity(code, alpha)
        self.property.SetScalarOpacityUnitDistance(1.0)
        self.property.SetShade(shading)
        self.property.SetAmbient(preset.ambient)
        self.property.SetDiffuse(preset.diffuse)
        self.property.SetSpecular(preset.specular)
        self.property.SetSpecularPower(preset.specular_power)

    def clip(self, box: Clip) -> None:
        """Draw only a part, in shares of the volume along columns, rows and slices."""
        self._box = box
        _crop(self.coarse, self.prepared.coarse, self.prepared.coarse_grid, box)
        for prop, brick in zip(self.fine, self.prepared.fine, strict=True):
            if prop is not self.coarse:
                _crop(prop, brick, self.prepared.grid, box)

    def back_to_front(self, into: np.ndarray) -> Iterator[vtkVolume]:
        """The fine bricks part by part, farthest first, for a view along `into`.

        Each is cut to its part when its turn comes: draw it before asking for the next.
        """
        shape = self.prepared.grid.shape
        cut = self.prepared.fine[0].axis
        other = max((axis for axis in range(3) if axis != cut), key=lambda axis: shape[axis])
        pairs = list(zip(self.fine, self.prepared.fine, strict=True))
        for prop, brick in reversed(pairs) if self._away(cut, into) else pairs:
            for part in self._in_parts(other, self._away(other, into)):
                _crop(prop, brick, self.prepared.grid, part)
                yield prop

    def _away(self, axis: int, into: np.ndarray) -> bool:
        """Whether an array axis leads away from who looks along `into`."""
        return float(self.prepared.grid.index_from_lps[axis, :3] @ into) > 0

    def _in_parts(self, axis: int, away: bool) -> list[Clip]:
        """The clip box cut along an array axis, farthest part first."""
        at = 2 * (2 - axis)
        reach = OVERLAP / max(self.prepared.grid.shape[axis] - 1, 1)
        ends = np.linspace(self._box[at], self._box[at + 1], self._parts + 1)
        out = []
        for low, high in pairwise(ends):
            part = list(self._box)
            part[at], part[at + 1] = max(low - reach, ends[0]), min(high + reach, ends[-1])
            out.append(tuple(part))
        return out[::-1] if away else out

    def sample_every(self, pixels: int) -> None:
        """Cast one ray for so many pixels a side of the coarse picture."""
        mapper = self.coarse.GetMapper()
        if isinstance(mapper, vtkFixedPointVolumeRayCastMapper):
            mapper.SetImageSampleDistance(pixels)


def _colors(preset: VolumePreset, tones: np.ndarray) -> vtkColorTransferFunction:
    made = vtkColorTransferFunction()
    for (hu, _), tone in zip(preset.color, tones, strict=True):
        made.AddRGBPoint(hu, *tone)
    return made


def _prop(brick: Brick, grid: Grid, look: vtkVolumeProperty, software: bool) -> vtkVolume:
    # Spacing in millimeters stays in the image, so that sampling distances are real; the matrix
    # keeps turn, place and shear.
    spacing = np.array(grid.spacing_mm)[::-1]
    mapper = _mapper(float(min(spacing)), software)
    mapper.SetInputData(_placed(brick, brick.source, spacing))
    if brick.codes is not None:
        mapper.SetMaskInput(_placed(brick, brick.codes, spacing))
        mapper.SetMaskTypeToLabelMap()
        mapper.SetMaskBlendFactor(1.0)
    prop = vtkVolume()
    prop.SetMapper(mapper)
    prop.SetProperty(look)
    prop.SetUserMatrix(vtk_matrix(lps_from_vtk(grid) @ np.diag([*(1 / spacing), 1.0])))
    _crop(prop, brick, grid, WHOLE)
    return prop


def _placed(brick: Brick, source: GridImage, spacing: np.ndarray) -> vtkImageData:
    image = vtkImageData()
    image.ShallowCopy(source.image)
    image.SetSpacing(*spacing)
    origin = np.zeros(3)
    origin[2 - brick.axis] = brick.first * spacing[2 - brick.axis]
    image.SetOrigin(*origin)
    return image


def _mapper(step_mm: float, software: bool):
    if software:
        mapper = _processor_mapper()
        mapper.SetSampleDistance(step_mm)
        mapper.SetInteractiveSampleDistance(step_mm)
        mapper.AutoAdjustSampleDistancesOff()
        return mapper
    mapper = vtkGPUVolumeRayCastMapper()
    mapper.SetSampleDistance(step_mm / 2)
    mapper.AutoAdjustSampleDistancesOff()
    mapper.UseJitteringOn()
    return mapper


def _processor_mapper() -> vtkFixedPointVolumeRayCastMapper:
    # Where several threads look for the empty blocks of painted voxels, all but the first begin
    # at a wrong one, and holes appear; so this is left to one thread, casting rays to all.
    threads = vtkMultiThreader.GetGlobalDefaultNumberOfThreads()
    vtkMultiThreader.SetGlobalDefaultNumberOfThreads(1)
    mapper = vtkFixedPointVolumeRayCastMapper()
    vtkMultiThreader.SetGlobalDefaultNumberOfThreads(threads)
    mapper.SetNumberOfThreads(threads)
    return mapper


def _crop(prop: vtkVolume, brick: Brick, grid: Grid, box: Clip) -> None:
    spacing = np.array(grid.spacing_mm)[::-1]
    ends = (np.array(grid.shape)[::-1] - 1) * spacing
    bounds = np.array(box, dtype=float) * np.repeat(ends, 2)
    along = 2 - brick.axis
    inner = np.add(brick.inner, (-OVERLAP, OVERLAP))
    inner = np.clip(inner * spacing[along], 0, ends[along])
    cut = slice(2 * along, 2 * along + 2)
    bounds[cut] = np.clip(bounds[cut], *inner)
    mapper = prop.GetMapper()
    whole = box == WHOLE and brick.source.voxels.shape[:3] == grid.shape
    mapper.SetCropping(not whole)
    mapper.SetCroppingRegionFlags(SUB_VOLUME)
    mapper.SetCroppingRegionPlanes(*bounds)
    prop.SetVisibility(bool(np.all(bounds[1::2] > bounds[::2])))
