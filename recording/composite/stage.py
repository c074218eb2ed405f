"""What stands where at each moment, and the drawing of it onto the canvas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

import av

from recording.composite.canvas import Canvas
from recording.composite.cast import Member
from recording.composite.labels import BOX, GROUND, Letters
from recording.composite.layout import HEADER, HEIGHT, WIDTH, Box, layout
from recording.composite.pictures import Shown
from recording.composite.script import Script
from recording.composite.survey import Survey

_ZONE = timezone(timedelta(hours=8))  # Asia/Shanghai, without summer time since 1991
_NAME_SIZE, _CLOCK_SIZE, _CARD_SIZE, _OFF_SIZE = 20, 20, 36, 22

Key = tuple[int, str]
"""A tile's number and "video" or "screen"."""


@dataclass(frozen=True, slots=True)
class View:
    """One moment: a card alone, or tiles, a screen perhaps, and which of them have a picture (`boxes`)."""

    second: int
    card: str | None
    tiles: tuple[Box, ...]
    screen: tuple[int, Box] | None
    boxes: Mapping[Key, Box]

    @property
    def setting(self) -> object:
        """What has to be drawn anew as a whole when it changes."""
        return self.card, self.screen, tuple(self.boxes)


class Stage:
    """Draws views. Everything is decided by times known beforehand, so any piece of a film can be drawn alone."""

    def __init__(
        self, members: Sequence[Member], surveys: Mapping[Key, Survey], script: Script, letters: Letters
    ) -> None:
        self._names = [
            "、".join(script.labels.get(seat, "") for seat in member.seats if script.labels.get(seat))
            for member in members
        ]
        self._surveys = surveys
        self._script = script
        self._letters = letters
        self._canvas = Canvas()
        self._setting: object = None
        self._inner: dict[Key, Box] = {}
        self._second = -1

    def view(self, at_ns: int) -> View:
        """What is to be seen at a moment."""
        second = at_ns // 1_000_000_000
        card = self._script.card_at(at_ns)
        if card is not None:
            return View(second, card, (), None, {})
        there = [key for key, found in self._surveys.items() if key[1] != "audio" and found.there(at_ns)]
        sharing = next((number for number, medium in there if medium == "screen"), None)
        places = layout(len(self._names), sharing is not None)
        boxes: dict[Key, Box] = {
            (number, "video"): places.tiles[number] for number, medium in there if medium == "video"
        }
        screen = None
        if sharing is not None and places.screen is not None:
            screen = sharing, places.screen
            boxes[sharing, "screen"] = places.screen
        return View(second, None, places.tiles, screen, boxes)

    def begin(self) -> None:
        """The next view is drawn as a whole: a new piece of the film."""
        self._setting, self._second = None, -1

    def compose(self, view: View, shown: Mapping[Key, Shown | None]) -> av.VideoFrame:
        """The picture of a view; `shown` are the pictures that are new. The same frame each time."""
        if view.setting != self._setting:
            self._draw(view)
            self._setting, self._second = view.setting, -1
        if view.second != self._second:
            self._second = view.second
            clock = datetime.fromtimestamp(view.second, _ZONE).strftime("%Y-%m-%d %H:%M:%S")
            letters = self._letters.line(clock, _CLOCK_SIZE, WIDTH, GROUND)
            self._canvas.stamp(letters, WIDTH - 240, (HEADER - letters.shape[0]) // 2 & ~1)
        for key, picture in shown.items():
            if picture is not None and key in view.boxes:
                self._show(view, key, picture)
        return self._canvas.frame

    def _draw(self, view: View) -> None:
        self._inner = {}
        self._canvas.fill(Box(0, 0, WIDTH, HEIGHT), GROUND)
        if view.card is not None:
            self._middle(Box(0, 0, WIDTH, HEIGHT), view.card, _CARD_SIZE, GROUND)
            return
        for number, box in enumerate(view.tiles):
            self._canvas.fill(box, BOX)
            if (number, "video") not in view.boxes:
                self._middle(box, self._script.camera_off, _OFF_SIZE, BOX)
            self._name(box, number)
        if view.screen is not None:
            self._canvas.fill(view.screen[1], BOX)

    def _show(self, view: View, key: Key, picture: Shown) -> None:
        box = view.boxes[key]
        if self._inner.get(key) != picture.box:
            self._bars(box, picture.box)
            self._inner[key] = picture.box
        self._canvas.show(picture)
        self._name(box, key[0])

    def _bars(self, box: Box, inner: Box) -> None:
        top, left = inner.y - box.y, inner.x - box.x
        self._canvas.fill(Box(box.x, box.y, box.width, top), BOX)
        self._canvas.fill(Box(box.x, inner.y + inner.height, box.width, box.height - top - inner.height), BOX)
        self._canvas.fill(Box(box.x, inner.y, left, inner.height), BOX)
        self._canvas.fill(Box(inner.x + inner.width, inner.y, box.width - left - inner.width, inner.height), BOX)

    def _name(self, box: Box, number: int) -> None:
        if self._names[number]:
            letters = self._letters.line(self._names[number], _NAME_SIZE, box.width, BOX)
            self._canvas.stamp(letters, box.x, box.y + box.height - letters.shape[0])

    def _middle(self, box: Box, text: str, size: int, ground: int) -> None:
        letters = self._letters.line(text, size, box.width, ground)
        height, width = letters.shape
        self._canvas.stamp(letters, box.x + (box.width - width) // 2 & ~1, box.y + (box.height - height) // 2 & ~1)
