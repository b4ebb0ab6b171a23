"""The overview of a case as one picture, drawn without a window."""

from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from viewer.scene.colors import TOKENS, rgb
from viewer.scene.image import grid_image
from viewer.scene.layers import layer, seen
from viewer.scene.marks import Box, Line, Mark, Text, marks
from viewer.scene.overlay import scene_overlay, slice_overlay
from viewer.scene.prepare import prepare_surface, prepare_volume
from viewer.scene.scene import Scene
from viewer.scene.slice import plane_through, reslice, reslice_labels, window_level
from viewer.scene.tint import mask_argb, over
from viewer.scene.tint_restored import shown_tint, tint_argb, tint_in_plane
from viewer.scene.turn import to_point
from viewer.scene.voxel_tint import voxel_tint, wall_tints
from viewer.session.view_state import PLANES, Point, ViewState

RESEARCH = "Research use only, not for diagnosis"
BANNER, GAP = 34, 3
TEXT_PIXELS = 15


def overview(case, size: tuple[int, int] = (1600, 1000)) -> Image.Image:
    """Axial, coronal, sagittal and 3-D in one picture; works with a volume alone."""
    view = ViewState(cursor_lps=meaningful_point(case))
    page = Image.new("RGB", size, TOKENS["background"])
    width = (size[0] - 3 * GAP) // 2
    height = (size[1] - BANNER - 3 * GAP) // 2
    for n, name in enumerate((*PLANES, "3-D")):
        made = slice_picture(case, view, name, width, height) if name in PLANES else None
        if made is None:
            made = scene_picture(case, view, width, height)
        page.paste(made, (GAP + (n % 2) * (width + GAP), BANNER + GAP + (n // 2) * (height + GAP)))
    _paint_banner(page, case)
    return page


def save_overview(case, path: Path) -> None:
    """Write the overview as PNG."""
    overview(case).save(path, format="PNG")


def meaningful_point(case) -> Point:
    """A point worth showing: on the first branch, in the vessels, or the scan's middle."""
    if case.tree is not None and case.tree.branches:
        root = max(case.tree.branches, key=lambda b: float(b.radius_mm.mean()) * b.length_mm)
        return to_point(root.points_lps[len(root.points_lps) // 2])
    if case.mask is not None and case.mask.present:
        label = case.mask.present[0]
        area = np.count_nonzero(case.mask.labels == label, axis=(1, 2))
        k = int(np.searchsorted(np.cumsum(area), area.sum() / 2))
        rows, columns = np.nonzero(case.mask.labels[k] == label)
        middle = int(np.argsort(np.hypot(rows - rows.mean(), columns - columns.mean()))[0])
        return to_point(case.mask.grid.points_lps(np.array([k, rows[middle], columns[middle]])))
    return to_point(case.volume.grid.center_lps)


def slice_picture(case, view: ViewState, name: str, width: int, height: int) -> Image.Image:
    """One slice with its mask and all that is written on it."""
    shown = seen(case, view)
    state = view.panes[name]
    plane = plane_through(
        case.volume.grid,
        state.axes,
        view.cursor_lps,
        (width, height),
        state.mm_per_pixel,
        state.pan_mm,
    )
    hu = reslice(grid_image(shown.voxels, shown.grid), plane, view.slab_mode, view.slab_mm)
    pixels = window_level(hu, view.window_hu, view.level_hu)
    tint = shown_tint(case, view)
    if tint != "none":
        values = tint_in_plane(tint, grid_image(*layer(case, tint)), plane, view)
        pixels = over(pixels, tint_argb(tint, values))
    if case.mask is not None:
        labels = reslice_labels(grid_image(case.mask.labels, case.mask.grid), plane)
        mask = mask_argb(labels, view.mask_fill, view.mask_outline, view.hidden_labels)
        pixels = over(pixels, mask)
    made = Image.fromarray(pixels).convert("RGB")
    overlay = slice_overlay(case, view, name, plane)
    paint_marks(made, marks(overlay, width, height, TEXT_PIXELS * 1.25))
    ImageDraw.Draw(made).rectangle((0, 0, width - 1, height - 1), outline=TOKENS[name])
    return made


def scene_picture(case, view: ViewState, width: int, height: int) -> Image.Image:
    """The 3-D view of a case, fully refined."""
    scene = Scene((width, height))
    try:
        shown = seen(case, view)
        tint = voxel_tint(case, view)
        scene.show_volume(prepare_volume(shown, scene.software, tint, view.volume_preset))
        if case.surface is not None:
            scene.show_surface(prepare_surface(case.surface, scene.software, wall_tints(case)))
        scene.show_tree(case.tree, None, case.bridges or ())
        scene.dress(view)
        scene.reset()
        made = Image.fromarray(scene.render()[..., :3])
        overlay = scene_overlay(
            case,
            view,
            scene.axes,
            scene.mm_per_pixel,
            width,
            scene.radius_range_mm,
            scene.table_hidden,
        )
    finally:
        scene.close()
    paint_marks(made, marks(overlay, width, height, TEXT_PIXELS * 1.25))
    ImageDraw.Draw(made).rectangle((0, 0, width - 1, height - 1), outline=TOKENS["line"])
    return made


def paint_marks(image: Image.Image, marked: list[Mark]) -> None:
    """Draw an overlay's marks with Pillow."""
    draw = ImageDraw.Draw(image, "RGBA")
    for mark in marked:
        if isinstance(mark, Text):
            _text(draw, mark)
        elif isinstance(mark, Line):
            ends = (mark.x0, mark.y0, mark.x1, mark.y1)
            if mark.shadow:
                draw.line(ends, fill=(0, 0, 0, 200), width=round(mark.width) + 2)
            draw.line(ends, fill=(*rgb(mark.color), int(255 * mark.alpha)), width=round(mark.width))
        elif isinstance(mark, Box):
            end = (mark.x + mark.width, mark.y + mark.height)
            draw.rectangle((mark.x, mark.y, *end), fill=mark.color)


def _text(draw: ImageDraw.ImageDraw, text: Text) -> None:
    font = _font(TEXT_PIXELS, text.bold)
    shown = text.text
    while len(shown) > 1 and draw.textlength(shown, font=font) > text.room:
        shown = shown.rstrip("…")[:-1].rstrip() + "…"
    left, _, right, _ = draw.textbbox((0, 0), shown, font=font)
    ascent, descent = font.getmetrics() if hasattr(font, "getmetrics") else (12, 3)
    x = text.x - text.align[0] * (right - left)
    y = text.y - text.align[1] * (ascent + descent)
    if text.chip:
        box = (x - 8, y - 2, x + right - left + 8, y + ascent + descent + 2)
        draw.rounded_rectangle(box, 5, fill=TOKENS["background"], outline=text.color)
    else:
        for dx, dy in ((1, 1), (-1, 0), (0, -1)):
            draw.text((x + dx, y + dy), shown, font=font, fill=(0, 0, 0, 220))
    draw.text((x, y), shown, font=font, fill=text.color)


@lru_cache(maxsize=8)
def _font(pixels: int, bold: bool = False):
    for place in _font_places(bold):
        try:
            return ImageFont.truetype(place, pixels)
        except OSError:
            continue
    return ImageFont.load_default(pixels)


def _font_places(bold: bool) -> list[str]:
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    places = [name]
    try:
        from matplotlib import get_data_path

        places.append(str(Path(get_data_path()) / "fonts" / "ttf" / name))
    except ImportError:
        pass
    return places


def _paint_banner(page: Image.Image, case) -> None:
    draw = ImageDraw.Draw(page, "RGBA")
    draw.rectangle((0, 0, page.width, BANNER), fill=TOKENS["surface"])
    font, middle = _font(TEXT_PIXELS + 1, True), BANNER / 2
    draw.text((GAP + 8, middle), "Angioscape", font=font, fill=TOKENS["text"], anchor="lm")
    place = (page.width - GAP - 8, middle)
    draw.text(place, RESEARCH, font=font, fill=TOKENS["caution"], anchor="rm")
