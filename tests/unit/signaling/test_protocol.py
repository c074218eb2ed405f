"""The protocol's document is made from the tables, whole and the same each time."""

from __future__ import annotations

import json

from signaling.http.routes import ROUTES
from signaling.live.commands import COMMANDS, EVENTS
from signaling.protocol import DOCUMENT, document, schema


def test_the_committed_document_is_current() -> None:
    assert document() == document() == DOCUMENT.read_text(encoding="utf-8")


def test_everything_is_mentioned() -> None:
    text = document()
    for name in (*COMMANDS, *EVENTS):
        assert f"| `{name}` |" in text
    for route in ROUTES:
        assert f"| `{route.method} {route.path}` | {route.who} |" in text
    for name in schema()["$defs"]:
        assert f"\n### {name}\n" in text
    assert "any (" not in text


def test_every_message_is_closed() -> None:
    definitions = schema()["$defs"]
    assert json.loads(json.dumps(definitions)) == definitions
    for name, definition in definitions.items():
        if definition.get("type") == "object":
            assert definition["additionalProperties"] is False, name


def test_routes_are_told_apart() -> None:
    assert len({(route.method, route.path) for route in ROUTES}) == len(ROUTES)
    for route in ROUTES:
        assert route.path.startswith("/api/")
        assert route.method == "POST" or route.request is None
        # Nobody but the one at the door may act without a credential.
        assert route.who != "anyone" or route.path.startswith(("/api/entry/", "/api/officer/sign-in"))
