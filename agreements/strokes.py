"""Handwriting as the browser captures it: strokes of points, checked and made small."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from .errors import BadStrokes

MAX_POINTS = 8000
MIN_POINTS = 3

_Coordinate = Annotated[float, Field(ge=-10_000, le=10_000, allow_inf_nan=False)]


class Point(BaseModel):
    """`x`, `y` in the pad's CSS pixels (y grows downward), `pressure` 0…1, `time` in ms of the browser's clock."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    x: _Coordinate
    y: _Coordinate
    pressure: Annotated[float, Field(ge=0, le=1)] = 0.5
    time: Annotated[float, Field(ge=0, le=1e15)] = 0


class Stroke(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)
    points: Annotated[tuple[Point, ...], Field(max_length=MAX_POINTS)]


STROKES: TypeAdapter[tuple[Stroke, ...]] = TypeAdapter(Annotated[tuple[Stroke, ...], Field(max_length=200)])


@dataclass(frozen=True)
class Box:
    left: float
    top: float
    width: float
    height: float


def read_strokes(raw: object) -> tuple[Stroke, ...]:
    """Checks what the pad sent: `signature_pad`'s point groups, or plain lists of points. Raises BadStrokes."""
    if isinstance(raw, list | tuple):
        raw = [{"points": item} if isinstance(item, list | tuple) else item for item in raw]
    try:
        strokes = STROKES.validate_python(raw)
    except ValidationError as error:
        raise BadStrokes(f"{error.error_count()} errors") from error
    strokes = tuple(stroke for stroke in strokes if stroke.points)
    total = sum(len(stroke.points) for stroke in strokes)
    if not MIN_POINTS <= total <= MAX_POINTS:
        raise BadStrokes(f"{total} points")
    box = bounds(strokes)
    if max(box.width, box.height) < 8:
        raise BadStrokes("too small")
    return strokes


def strokes_hash(strokes: tuple[Stroke, ...]) -> str:
    """SHA-256 (hex) of the handwriting as it is kept."""
    return sha256(STROKES.dump_json(strokes)).hexdigest()


def bounds(strokes: tuple[Stroke, ...]) -> Box:
    """The smallest box around all points."""
    xs = [point.x for stroke in strokes for point in stroke.points]
    ys = [point.y for stroke in strokes for point in stroke.points]
    return Box(min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))
