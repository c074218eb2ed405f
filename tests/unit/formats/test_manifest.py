from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from formats.canonical import canonical, parse
from formats.manifest import (
    Acknowledgement,
    Gap,
    ListedJournal,
    Manifest,
    ManifestBroken,
    ManifestNewer,
    load,
    proof_holds,
)

AT = "2026-03-01T01:00:00.000Z"
_KEY = Ed25519PrivateKey.generate()
PRIVATE = _KEY.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
PUBLIC = _KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def journal(number: int = 1, **changes: Any) -> ListedJournal:
    segment, endpoint = f"seg_{number}-ses_1", "end_1"
    whole = ListedJournal(
        path=f"room_1/{segment}/{endpoint}.audio.hjr",
        segment=segment,
        endpoint=endpoint,
        medium="audio",
        key="joint",
        seats=("seat_1", "seat_2"),
        clock_rate=48_000,
        origin="ab" * 32,
        head="cd" * 32,
        chunks=3,
        size=900,
        first=AT,
        last=None,
        state="complete",
    )
    return replace(whole, **changes)


def manifest(*journals: ListedJournal, **changes: Any) -> Manifest:
    gaps = (Gap("end_1", "audio", AT, AT, "paused"),)
    told = (Acknowledgement("seat_1", AT, True, "v1"),)
    plain = Manifest("case_1", "room_1", "ses_1", 1, AT, AT, AT, tuple(journals or [journal()]), gaps, told)
    return replace(plain, **changes).signed(PRIVATE)


JOURNALS = st.lists(st.integers(1, 99), max_size=9, unique=True).map(lambda ns: [journal(n, chunks=n) for n in ns])


@given(JOURNALS)
def test_what_was_written_is_read_and_holds(journals: list[ListedJournal]) -> None:
    one = manifest(*journals) if journals else manifest(journals=())
    again = load(one.dump())
    assert again == one
    assert again.holds(PUBLIC)
    for listed in journals:
        proof = again.prove(listed.path)
        assert proof_holds(listed, proof, again.root)
        assert not proof_holds(replace(listed, chunks=listed.chunks + 1), proof, again.root)
    with pytest.raises(KeyError):
        again.prove("room_1/none.hjr")


@pytest.mark.parametrize(
    "change",
    [
        {"case": "case_2"},
        {"session": "ses_2"},
        {"number": 2},
        {"ended": "2026-03-01T02:00:00.000Z"},
        {"journals": (journal(seats=("seat_1",)),)},
        {"journals": (journal(clock_rate=90_000),)},
        {"journals": (journal(), journal(2))},
        {"gaps": ()},
        {"acknowledgements": (Acknowledgement("seat_1", AT, False, "v1"),)},
    ],
)
def test_nothing_in_it_can_be_changed(change: dict[str, Any]) -> None:
    one = manifest()
    changed = replace(one, **change)
    assert load(changed.dump()) == changed
    assert not changed.holds(PUBLIC)
    assert changed.sha256 != one.sha256


def test_another_key_does_not_pass_for_ours() -> None:
    foreign = Ed25519PrivateKey.generate()
    raw = foreign.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    other = manifest().signed(raw)
    assert other.holds(other.public_key)
    assert not other.holds(PUBLIC)


def bent(**changes: Any) -> bytes:
    """A file of which the named fields of M are others."""
    whole: Any = parse(manifest().dump())
    whole["manifest"] |= changes
    return canonical(whole)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"\xff\x00",
        b'{"format":"heshi recording manifest 1"}',
        bent(number="1"),
        bent(number=True),
        bent(root="00" * 32),
        bent(extra=1),
        bent(journals=[{}]),
        bent(journals=[1]),
        bent(journals=None),
        bent(public_key=7),
        bent(gaps=[{"endpoint": "e"}]),
        bent(case=None),
        manifest(journal(head="cd")).dump(),
        manifest(journal(origin="no hex")).dump(),
        manifest().dump()[:-1],
    ],
)
def test_a_file_that_is_no_manifest_is_refused(data: bytes) -> None:
    with pytest.raises(ManifestBroken):
        load(data)


def test_a_later_version_is_named_as_such() -> None:
    with pytest.raises(ManifestNewer):
        load(canonical({"format": "heshi recording manifest 2", "anything": 1}))
