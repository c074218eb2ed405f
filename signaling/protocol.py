"""The protocol as a document and as a schema, made from the tables that serve it.

`python -m signaling.protocol` writes docs/protocol.md and build/protocol.schema.json (from which npm makes the
browser's types); `--check` fails when the committed document differs.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from rooms.authority import ROLES, Role
from signaling.http.routes import ROUTES
from signaling.live.commands import COMMANDS, EVENTS
from signaling.messages.base import PROTOCOL_VERSION, ErrorReply
from signaling.messages.room import SocketAuth

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "protocol.md"
SCHEMA = ROOT / "build" / "protocol.schema.json"

HEAD = f"""# The protocol, version {PROTOCOL_VERSION}

Made from the tables that serve it (`make protocol`); do not edit. Times are UTC ISO 8601 with milliseconds. Every model
is closed: unknown fields, wrong types and over-long text are refused with `malformed` and change nothing.

## Refusals
A refused request or command answers `ErrorReply`: a stable `code` for programs and one sentence each in Chinese and
English for people. Things out of the caller's sight answer as if they did not exist.

## HTTP
Bodies and replies are JSON unless a media type is named. Every POST carries the header `X-Heshi: 1`. *Who*: `anyone`;
`officer` (cookie of a signed-in officer); `administrator`; `device` (cookie of a seat's device).

| method and path | who | request | reply | meaning |
|---|---|---|---|---|
"""

LIVE = """
## Socket.IO
Namespace `/`, path `/socket.io`, websocket only. `auth` is `SocketAuth`; the credential is the cookie. Each command is
an event `(payload, acknowledgement)`. The payload is the model's fields and `key`, an idempotency key: a command sent
again with the same key is done once and answers the same. The acknowledgement is `{"ok": true, …reply}` or
`ErrorReply`.

| command | who | payload | reply | meaning |
|---|---|---|---|---|
"""

SENT = """
The server sends:

| event | payload | meaning |
|---|---|---|
"""

MEDIA = """
## Media
One connection per device. The browser offers once, with these m-lines in this order: microphone (audio, sendonly),
camera (video, sendonly), screen (video, sendonly, idle), then `slots` pairs of audio and video (recvonly), then one
more video (recvonly): the slot `screen_slot`. The camera may be offered as two layers, rid `q` (half size) and rid `h`,
in this order. The server answers; nothing is renegotiated. What flows in a slot follows from the room:
`PeerView.slot` and `ScreenView.slot` name it. A new connection replaces the old one: after `media.lost`, a failed
connection, or a changed `media_epoch`.

## Models
"""


def document() -> str:
    """docs/protocol.md, whole."""
    lines = [HEAD.rstrip("\n")]
    for route in ROUTES:
        reply = f"`{route.reply}`" if isinstance(route.reply, str) else _ref(route.reply)
        lines.append(
            f"| `{route.method} {route.path}` | {route.who} | {_ref(route.request)} | {reply} | {route.summary} |"
        )
    lines.append(LIVE.rstrip("\n"))
    for name, command in COMMANDS.items():
        payload, reply = _ref(command.payload), _ref(command.reply)
        lines.append(f"| `{name}` | {_who(command.roles)} | {payload} | {reply} | {command.summary} |")
    lines.append(SENT.rstrip("\n"))
    for name, (model, meaning) in EVENTS.items():
        lines.append(f"| `{name}` | {_ref(model)} | {meaning} |")
    lines.append(MEDIA.rstrip("\n"))
    for name, definition in sorted(schema()["$defs"].items()):
        lines += ["", f"### {name}", "", *_model(definition)]
    return "\n".join(lines) + "\n"


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of every message."""
    models = sorted(set(_models()), key=lambda model: model.__name__)
    _, definitions = models_json_schema([(model, "serialization") for model in models])
    definitions["title"] = "Protocol"
    return definitions


def _models() -> Iterator[type[BaseModel]]:
    yield from (ErrorReply, SocketAuth)
    for route in ROUTES:
        yield from (model for model in (route.request, route.reply) if isinstance(model, type))
    for command in COMMANDS.values():
        yield from (model for model in (command.payload, command.reply) if model is not None)
    yield from (model for model, _ in EVENTS.values())


def _who(roles: frozenset[Role]) -> str:
    return "all" if roles == frozenset(ROLES) else ", ".join(role for role in ROLES if role in roles)


def _ref(model: type[BaseModel] | None) -> str:
    return f"[{model.__name__}](#{model.__name__.lower()})" if model is not None else "–"


def _model(definition: dict[str, Any]) -> list[str]:
    lines = [definition["description"].split("\n")[0]] if "description" in definition else []
    if "enum" in definition:
        return [*lines, "One of " + ", ".join(f"`{value}`" for value in definition["enum"]) + "."]
    required = set(definition.get("required", []))
    lines += ["", "| field | type | |", "|---|---|---|"] if definition.get("properties") else []
    for name, field in definition.get("properties", {}).items():
        note = field.get("description", "") + ("" if name in required else " (optional)")
        lines.append(f"| `{name}` | {_type(field)} | {note.strip()} |")
    return lines


def _type(field: dict[str, Any]) -> str:
    if "$ref" in field:
        name = field["$ref"].rsplit("/", 1)[-1]
        return f"[{name}](#{name.lower()})"
    if "const" in field:
        return f"`{field['const']}`"
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    if "anyOf" in field or "oneOf" in field:
        return " or ".join(_type(part) for part in field.get("anyOf", field.get("oneOf", [])))
    if field.get("type") == "array":
        return f"list of {_type(field.get('items', {}))}"
    limits = [
        f"{name} {field[name]}"
        for name in ("minLength", "maxLength", "minimum", "maximum", "maxItems")
        if name in field
    ]
    return str(field.get("type", "any")) + (f" ({', '.join(limits)})" if limits else "")


def main(arguments: list[str]) -> int:
    """Write, or with `--check` compare."""
    SCHEMA.parent.mkdir(exist_ok=True)
    SCHEMA.write_text(json.dumps(schema(), ensure_ascii=False, indent=1), encoding="utf-8")
    text = document()
    if "--check" in arguments:
        if not DOCUMENT.exists() or DOCUMENT.read_text(encoding="utf-8") != text:
            print("docs/protocol.md is not what the code says; run: make protocol", file=sys.stderr)
            return 1
        return 0
    DOCUMENT.parent.mkdir(exist_ok=True)
    DOCUMENT.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
