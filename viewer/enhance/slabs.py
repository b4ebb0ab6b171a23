"""Big grids cut along their first axis, so that memory stays small and a person can cancel."""

from collections.abc import Iterator

from viewer.progress import Progress

SLAB_VOXELS = 1_500_000


def slabs(
    shape: tuple[int, ...], halo: int, progress: Progress, message: str = ""
) -> Iterator[tuple[slice, slice, slice]]:
    """For each slab its slices, those with a halo on both sides, and the slab inside the latter."""
    depth = max(1, halo, SLAB_VOXELS // max(1, shape[1] * shape[2]))
    starts = range(0, shape[0], depth)
    for start in progress.over(starts, len(starts), message):
        stop = min(start + depth, shape[0])
        low, high = max(start - halo, 0), min(stop + halo, shape[0])
        yield slice(start, stop), slice(low, high), slice(start - low, stop - low)
