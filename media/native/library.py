"""The native engine as a loaded library."""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path
from typing import Any

from cffi import FFI

from media.native.build import SOURCES, library

CHECKED = "HESHI_NATIVE_CHECKED"
"""Set in the environment: the build that stops at every wrong access to memory (it must be preloaded)."""


@cache
def load() -> tuple[Any, Any] | None:
    """(ffi, lib), or None where the engine is not built."""
    path = library(checked=bool(os.environ.get(CHECKED)))
    if not path.exists():
        return None
    ffi = FFI()
    ffi.cdef(_declarations(SOURCES / "api.h"))
    return ffi, ffi.dlopen(str(path))


def _declarations(header: Path) -> str:
    return re.sub(r"/\*.*?\*/", "", header.read_text(), flags=re.DOTALL)
