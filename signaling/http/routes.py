"""The whole HTTP table, in the order of the document."""

from __future__ import annotations

from signaling.http import cases, custody, entry, evidence, files, officers
from signaling.http.route import Route

ROUTES: list[Route] = [
    *officers.ROUTES,
    *cases.ROUTES,
    *files.ROUTES,
    *evidence.ROUTES,
    *custody.ROUTES,
    *entry.ROUTES,
]
