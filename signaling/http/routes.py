"""The whole HTTP table, in the order of the document."""

from __future__ import annotations

from signaling.http import cases, custody, downloads, entry, evidence, files, officers, watching
from signaling.http.route import Route

ROUTES: list[Route] = [
    *officers.ROUTES,
    *cases.ROUTES,
    *files.ROUTES,
    *evidence.ROUTES,
    *custody.ROUTES,
    *watching.ROUTES,
    *downloads.ROUTES,
    *entry.ROUTES,
]
