"""Pictures of the solids for the guide: parallel light, the nearest surface of each pixel."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dialwire.scale import ALLIANCE
from enclosure import FACE_MM, Box, base, knob, lid, mesh
from tracedial.face.drawing import draw_face
from tracedial.face.layout import lay_out
from tracedial.face.shapes import Line

WIDE, TALL, OVERSAMPLED = 900, 620, 2
LIGHT = np.array([-0.4, -0.5, 0.77])
GREY, RED, DARK, PAPER = (0.80, 0.82, 0.85), (0.70, 0.15, 0.12), (0.28, 0.30, 0.34), (0.99, 0.99, 0.97)

Piece = tuple[NDArray[np.float64], tuple[float, float, float]]
"""Triangles (n, 3, 3) and a colour."""


def _view(points: NDArray[np.float64], *, turn_deg: float, tilt_deg: float) -> NDArray[np.float64]:
    turn, tilt = np.radians(turn_deg), np.radians(tilt_deg)
    about_z = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    about_x = np.array([[1, 0, 0], [0, np.sin(tilt), np.cos(tilt)], [0, -np.cos(tilt), np.sin(tilt)]])
    return points @ about_z.T @ about_x.T


def render(pieces: list[Piece], *, turn_deg: float = 25, tilt_deg: float = 40) -> Image.Image:
    """The pieces seen from the front, above."""
    wide, tall = WIDE * OVERSAMPLED, TALL * OVERSAMPLED
    seen = [(_view(t, turn_deg=turn_deg, tilt_deg=tilt_deg), t, colour) for t, colour in pieces]
    every = np.concatenate([v.reshape(-1, 3) for v, _, _ in seen])
    low, high = every.min(axis=0), every.max(axis=0)
    scale = 0.92 * min(wide / (high[0] - low[0]), tall / (high[1] - low[1]))
    middle = (low + high) / 2
    depth = np.full((tall, wide), -np.inf)
    picture = np.ones((tall, wide, 3))
    for view, world, colour in seen:
        normals = np.cross(world[:, 1] - world[:, 0], world[:, 2] - world[:, 0])
        lengths = np.linalg.norm(normals, axis=1, keepdims=True)
        shade = 0.45 + 0.55 * np.clip((normals / np.where(lengths, lengths, 1)) @ LIGHT, 0, 1)
        flat = (view[:, :, :2] - middle[:2]) * scale * [1, -1] + [wide / 2, tall / 2]
        for (a, b, c), z, s in zip(flat, view[:, :, 2], shade, strict=True):
            _fill(depth, picture, np.array([a, b, c]), z, np.array(colour) * s)
    image = Image.fromarray((picture * 255).astype(np.uint8))
    return image.resize((WIDE, TALL), Image.Resampling.LANCZOS)


def _fill(depth: NDArray, picture: NDArray, corners: NDArray, z: NDArray, colour: NDArray) -> None:
    (x0, y0), (x1, y1), (x2, y2) = corners
    area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
    if abs(area) < 1e-9:
        return
    left, top = np.maximum(np.floor(corners.min(axis=0)).astype(int), 0)
    right, low = np.ceil(corners.max(axis=0)).astype(int) + 1
    ys, xs = np.mgrid[top : min(low, depth.shape[0]), left : min(right, depth.shape[1])]
    xs, ys = xs + 0.5, ys + 0.5
    one = ((xs - x0) * (y2 - y0) - (x2 - x0) * (ys - y0)) / area
    two = ((x1 - x0) * (ys - y0) - (xs - x0) * (y1 - y0)) / area
    deep = z[0] + one * (z[1] - z[0]) + two * (z[2] - z[0])
    part = np.s_[top : top + xs.shape[0], left : left + xs.shape[1]]
    inside = (one >= 0) & (two >= 0) & (one + two <= 1) & (deep > depth[part])
    depth[part][inside] = deep[inside]
    picture[part][inside] = colour


def face_pieces(height: float) -> list[Piece]:
    """The face's disc and ticks, lying at `height`; its letters are too fine for these pictures."""
    angles = np.linspace(0, 2 * np.pi, 181)
    rim = np.stack([np.cos(angles), np.sin(angles), 0 * angles], axis=1) * (FACE_MM / 2) + [0, 0, height]
    disc = np.array([[[0, 0, height], a, b] for a, b in pairwise(rim)])
    ticks = []
    for shape in draw_face(lay_out(ALLIANCE, diameter_mm=FACE_MM, travel_deg=270)):
        if isinstance(shape, Line) and shape.ink != "#9a9a9a":
            a, b = np.array([shape.x1_mm, -shape.y1_mm]), np.array([shape.x2_mm, -shape.y2_mm])
            across = np.array([a[1] - b[1], b[0] - a[0]]) / np.linalg.norm(b - a) * max(shape.width_mm, 0.4) / 2
            q = [np.append(p, height + 0.05) for p in (a - across, b - across, b + across, a + across)]
            ticks += [[q[0], q[1], q[2]], [q[0], q[2], q[3]]]
    return [(disc, PAPER), (np.array(ticks), DARK)]


def pictures() -> dict[str, Image.Image]:
    """Name to picture: the closed dial, and its parts one above the other."""
    box = Box()
    parts = {"base": base(box, "pico"), "lid": lid(box), "knob": knob()}
    tri = {name: mesh(solid).triangles for name, solid in parts.items()}
    on_top = box.height + box.lid

    def up(name: str, by: float) -> NDArray[np.float64]:
        return tri[name] + [0, 0, by]

    closed = [(tri["base"], GREY), (up("lid", box.height), GREY), (up("knob", on_top + 0.5), DARK)]
    apart = [(tri["base"], GREY), (up("lid", box.height + 45), GREY), (up("knob", on_top + 85), DARK)]
    return {
        "dial": render([*closed, *face_pieces(on_top - 0.3)]),
        "parts": render([*apart, *face_pieces(on_top + 65)], tilt_deg=30),
        "base": render([(tri["base"], GREY)], tilt_deg=58),
    }
