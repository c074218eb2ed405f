"""The house keeps its own rules: who imports whom, what each part shows, how long a file may be, what is an error."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from formats.errors import HeshiError
from rooms.authority import AUTHORITY
from rooms.commands import COMMANDS as ROOM_COMMANDS
from signaling.live.commands import COMMANDS

ROOT = Path(__file__).resolve().parent.parent.parent
LONGEST = 400
SHOWN = {
    "agreements": {
        "Agreement",
        "Agreements",
        "Attendee",
        "Authority",
        "Edit",
        "FontChain",
        "agreement_view",
        "default_folders",
        "document_view",
    },
    "cases": {
        "Case",
        "CaseFacts",
        "CaseView",
        "Cases",
        "ConsoleNotices",
        "Notices",
        "Officer",
        "Officers",
        "Party",
        "Scope",
    },
    "formats": {
        "GENESIS",
        "Entry",
        "HeshiError",
        "Receipt",
        "Verdict",
        "canonical",
        "check_chain",
        "commitment",
        "entry_hash",
    },
    "media": {
        "Applied",
        "Event",
        "OfferMalformed",
        "Quality",
        "Relay",
        "RelaySettings",
        "Sink",
        "SinkFactory",
        "StaleEpoch",
        "TableMalformed",
        "host_addresses",
    },
    "recording": {
        "Archive",
        "JOB_KIND",
        "Keeping",
        "Opening",
        "Composites",
        "Evidence",
        "Playback",
        "Recorder",
        "RecorderFailed",
        "RecordingFile",
        "RecordingRow",
        "Recordings",
        "SealedSegment",
        "Spools",
        "Unsealings",
        "render",
        "salvage",
        "salvage_room",
    },
    "rooms": {
        "Change",
        "Context",
        "Entry",
        "Room",
        "Rooms",
        "Session",
        "forwarding_table",
        "session_of_segment",
        "view",
    },
    "vault": {
        "BlobStore",
        "Cipher",
        "Clock",
        "Database",
        "Jobs",
        "KeyStore",
        "SystemClock",
        "Timeline",
        "Transaction",
    },
    "verify": {"TimelineReport", "check_timeline"},
}
"""What each part shows to the others: a name more is a decision, not an accident."""
PARTS = (*SHOWN, "server", "signaling")
SPEAKS = {
    "server/administer.py",
    "server/cli.py",
    "server/demo.py",
    "server/unsealing.py",
    "server/verifying.py",
    "server/verifying_recording.py",
    "signaling/protocol.py",
}
"""Files whose business it is to print."""


def _sources() -> list[Path]:
    return sorted(path for part in PARTS for path in (ROOT / part).rglob("*.py"))


def _written() -> list[Path]:
    """Every file of ours that people write."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    paths = [ROOT / name for name in listed.decode().split("\0") if name]
    made = ROOT / "web/src/protocol/messages.ts"
    return [
        path
        for path in paths
        if path != made and path.suffix in {".py", ".ts", ".vue", ".sh", ".css", ".toml"} and path.exists()
    ]


def _errors() -> set[type[HeshiError]]:
    """Every refusal that has a code of its own."""
    for part in PARTS:
        for module in pkgutil.walk_packages([str(ROOT / part)], f"{part}."):
            if ".migrations" not in module.name and not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    found: set[type[HeshiError]] = {HeshiError}
    new = found
    while new:
        new = {sub for error in new for sub in error.__subclasses__()} - found
        found |= new
    return {error for error in found if error.__module__.split(".")[0] in PARTS}


def test_files_import_downward_only() -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


@pytest.mark.parametrize("part", SHOWN)
def test_each_part_shows_little(part: str) -> None:
    module = importlib.import_module(part)
    assert set(module.__all__) == SHOWN[part]
    assert all(hasattr(module, name) for name in module.__all__)


def test_no_file_is_long() -> None:
    lengths = {path.relative_to(ROOT): len(path.read_text(encoding="utf-8").splitlines()) for path in _written()}
    assert len(lengths) > 200
    assert {
        str(path): length for path, length in lengths.items() if length > LONGEST and path.parts[0] != "tests"
    } == {}


def test_no_machines_own_path() -> None:
    folders = re.compile(r"(?<![\w.])/(?:home|root|work|Users)/\w")
    found = [path for path in _written() if folders.search(path.read_text(encoding="utf-8")) and path != Path(__file__)]
    assert found == []


def test_only_the_command_line_prints() -> None:
    printing = {
        str(path.relative_to(ROOT))
        for path in _sources()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    }
    assert printing <= SPEAKS


def test_every_rule_of_the_room_can_be_commanded_by_the_same_roles() -> None:
    assert set(ROOM_COMMANDS) == set(AUTHORITY)
    for name, command in ROOM_COMMANDS.items():
        assert COMMANDS[name].roles == AUTHORITY[name], name
        assert COMMANDS[name].payload is command.payload, name


def test_every_refusal_has_a_code_of_its_own() -> None:
    # What relays another process's refusal takes over its code.
    own = [error for error in _errors() if "code" in vars(error)]
    assert len(own) > 60
    assert {code: n for code, n in Counter(error.code for error in own).items() if n > 1} == {}
    for error in own:
        assert re.fullmatch(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*", error.code), error
        assert 400 <= error.status < 600


def test_every_refusal_speaks_to_people_in_both_languages() -> None:
    for error in _errors():
        assert re.search("[\u4e00-\u9fff]", error.zh), error
        assert error.zh.endswith("。"), error
        assert re.match(r"[A-Z]", error.en), error
        assert error.en.endswith("."), error
