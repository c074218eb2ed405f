"""A berth is held for exactly as long as its process lives."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from server.berth import take_berth, who_has
from server.wiring import ROOT

HOLD = "import sys; from pathlib import Path; from server.berth import take_berth; take_berth(Path(sys.argv[1]), 'w', 'http://x'); print('held', flush=True); sys.stdin.read()"  # noqa: E501


def test_the_lock_ends_with_its_process_whatever_that_dies_of(tmp_path: Path) -> None:
    berth = tmp_path / "workers" / "0.lock"
    assert who_has(berth) is None
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(berth)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        found = who_has(berth)
        assert found is not None
        assert (found.name, found.pid, found.url) == ("w", holder.pid, "http://x")
        with pytest.raises(SystemExit, match=r"0\.lock"):
            take_berth(berth, "other", "http://x")
        holder.kill()
        holder.wait()
    assert who_has(berth) is None
