"""The whole HTTP table, in the order of the document."""

from __future__ import annotations

from signaling.http import cases, downloads, entry, files, officers, watching
from signaling.http.route import Route

ROUTES: list[Route] = [
    *officers.ROUTES,
    *cases.ROUTES,
    *files.ROUTES,
    *watching.ROUTES,
    *downloads.ROUTES,
    *entry.ROUTES,
]
