"""Compiles the native engine: `python media/native/build.py [--checked]`.

The result carries a hash of what it was made of in its name, so that an outdated one is never loaded.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

SOURCES = Path(__file__).parent
BUILT = SOURCES.parents[1] / "build" / "native"

_FLAGS = ("-std=c11", "-O2", "-g", "-fPIC", "-shared", "-fvisibility=hidden", "-D_GNU_SOURCE")
_WARNINGS = ("-Wall", "-Wextra", "-Wconversion", "-Wshadow")
_HARDENED = ("-D_FORTIFY_SOURCE=2", "-fstack-protector-strong", "-Wl,-z,relro,-z,now")
_CHECKED = ("-Werror", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer")


def library(*, checked: bool = False) -> Path:
    """Where the engine lies once it is built; `checked`: the one that stops at every wrong access to memory."""
    made_of = hashlib.sha256()
    for path in sorted((*SOURCES.glob("*.[ch]"), Path(__file__))):
        made_of.update(path.name.encode() + b"\0" + path.read_bytes())
    return BUILT / f"engine-{made_of.hexdigest()[:16]}{'-checked' if checked else ''}.so"


def build(*, checked: bool = False) -> Path:
    """Compile unless that was done. Raises FileNotFoundError without a compiler, CalledProcessError if it fails."""
    target = library(checked=checked)
    if target.exists():
        return target
    compiler = os.environ.get("CC") or shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise FileNotFoundError("no C compiler: apt-get install gcc libc6-dev")
    BUILT.mkdir(parents=True, exist_ok=True)
    made = target.with_suffix(f".{os.getpid()}")
    flags = (*_FLAGS, *_WARNINGS, *(_CHECKED if checked else _HARDENED))
    sources = sorted(str(path) for path in SOURCES.glob("*.c"))
    subprocess.run([compiler, *flags, "-o", str(made), *sources, "-lpthread", "-lm"], check=True)  # noqa: S603 (no shell)
    made.replace(target)
    return target


def main() -> int:
    """Build one; says what is wrong if that fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checked", action="store_true")
    try:
        build(checked=parser.parse_args().checked)
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
