"""Everything that can be done to a recording is found and named, and an untouched one is never accused."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formats.canonical import canonical, parse
from formats.sealedbox import new_key_pair
from tests.unit.verify.sittings import CHAIN_PUBLIC, Journal, Scene, chain_key, changed, write
from verify.recording import check_recording

PAPERS = ("manifest timeline", "manifest", "timeline")


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """Two journals of a sitting, six records each and a final one, heads signed after every other."""
    return Scene(tmp_path, [write(), write(endpoint="end_2")])


def flipped(piece: bytes, at: int) -> bytes:
    bent = bytearray(piece)
    bent[at] ^= 0x01
    return bytes(bent)


def at(journal: Journal, number: int, piece: bytes) -> bytes:
    """The file with record `number` (from 1; 0 is the header) another."""
    return b"".join([*journal.pieces[:number], piece, *journal.pieces[number + 1 :]])


def dropped(journal: Journal, number: int) -> bytes:
    return b"".join([*journal.pieces[:number], *journal.pieces[number + 1 :]])


def swapped(journal: Journal, number: int) -> bytes:
    one, two = journal.pieces[number : number + 2]
    return b"".join([*journal.pieces[:number], two, one, *journal.pieces[number + 2 :]])


def doubled(journal: Journal, number: int) -> bytes:
    return b"".join([*journal.pieces[:number], journal.pieces[number], *journal.pieces[number:]])


def other_key(journal: Journal) -> bytes:
    """All of it under the same header, but for another data key: what a holder of the public key could write."""
    return write().data


def bent_header(journal: Journal) -> bytes:
    fields = parse(journal.pieces[0][:-1])
    assert isinstance(fields, dict)
    return canonical({**fields, "boot": "other"}) + b"\n" + b"".join(journal.pieces[1:])


# What is done to end_1's journal; as what it is found without a key, by papers, and from which record on; then with it.
TABLE: list[tuple[str, Callable[[Journal], bytes], str, int, str, int]] = [
    ("a flipped bit of the ciphertext", lambda j: at(j, 4, flipped(j.pieces[4], 20)), "changed", 2, "changed", 3),
    ("a flipped bit of the tag", lambda j: at(j, 1, flipped(j.pieces[1], -1)), "changed", 0, "changed", 0),
    ("a flipped bit of the last record", lambda j: at(j, 7, flipped(j.pieces[7], -1)), "changed", 6, "changed", 6),
    ("a shorter length", lambda j: at(j, 3, flipped(j.pieces[3], 3)), "changed", 2, "changed", 2),
    ("a length beyond reason", lambda j: at(j, 3, flipped(j.pieces[3], 0)), "changed", 2, "changed", 2),
    ("a final mark in the middle", lambda j: at(j, 3, flipped(j.pieces[3], 4)), "changed", 2, "changed", 2),
    ("no final mark at the end", lambda j: at(j, 7, flipped(j.pieces[7], 4)), "changed", 6, "changed", 6),
    ("two records swapped", lambda j: swapped(j, 3), "changed", 2, "changed", 2),
    ("a record dropped", lambda j: dropped(j, 3), "changed", 2, "changed", 2),
    ("a record doubled", lambda j: doubled(j, 3), "doubled", 3, "doubled", 3),
    ("cut after a record", lambda j: b"".join(j.pieces[:4]), "cut", 3, "cut", 3),
    ("cut inside a record", lambda j: b"".join(j.pieces[:4]) + j.pieces[4][:9], "cut", 3, "cut", 3),
    ("an older state of it", lambda j: b"".join(j.pieces[:3]), "cut", 2, "cut", 2),
    ("only the final record cut", lambda j: b"".join(j.pieces[:7]), "cut", 6, "cut", 6),
    ("something after its end", lambda j: j.data + b"more", "added", 7, "added", 7),
    ("another data key", other_key, "replaced", 0, "replaced", 0),
    ("another header", bent_header, "replaced", 0, "replaced", 0),
]


@pytest.mark.parametrize("papers", PAPERS)
@pytest.mark.parametrize(("act", "kind", "chunk", "kind_by_key", "chunk_by_key"), [
    pytest.param(act, *rest, id=name) for name, act, *rest in TABLE
])  # fmt: skip
def test_whatever_is_done_to_a_journal_is_found_and_named(
    scene: Scene,
    papers: str,
    act: Callable[[Journal], bytes],
    kind: str,
    chunk: int,
    kind_by_key: str,
    chunk_by_key: int,
) -> None:
    victim = scene.journals[0]
    scene.put(victim.path, act(victim))
    found = scene.finding(papers=papers)
    if papers == "manifest":
        # It knows the beginning and the end, so it can say what happened, but not so closely from where on.
        expected = (kind, chunk) if kind != "changed" else (kind, found.chunk)
        assert found.chunk is not None
        assert found.chunk <= chunk
    elif papers == "timeline" and kind == "replaced":
        expected = ("changed", 0)  # the timeline never saw the header
    else:
        expected = (kind, chunk)
    assert (found.kind, found.chunk) == expected
    assert (found.path, found.endpoint, found.medium, found.seats) == (
        victim.path, "end_1", "audio", ("seat_of_end_1",),
    )  # fmt: skip
    by_key = scene.finding(papers=papers, key=True)
    if not (papers == "timeline" and kind == "replaced"):
        assert (by_key.kind, by_key.chunk) == (kind_by_key, chunk_by_key)
    for line in (found.zh, found.en, by_key.zh, by_key.en):
        assert victim.path in line


def test_without_a_key_the_signed_heads_say_between_which_seconds(scene: Scene) -> None:
    victim = scene.journals[0]
    scene.put(victim.path, at(victim, 4, flipped(victim.pieces[4], 20)))
    found = scene.finding()
    # Heads were signed after 2, 4 and 6 records, in entries 1, 2 and 3.
    assert (found.since, found.until, found.exact) == ("2026-03-01T01:00:01.000Z", "2026-03-01T01:00:02.000Z", False)
    by_key = scene.finding(key=True)
    assert (by_key.since, by_key.exact) == ("2026-03-01T01:00:02.000Z", True), "its third packet came two seconds in"


def test_a_piece_of_another_sittings_journal_is_named_with_where_it_came_from(scene: Scene) -> None:
    victim, donor = scene.journals[0], write("ses_2")
    scene.put(donor.path, donor.data)
    scene.put(victim.path, at(victim, 4, donor.pieces[4]))
    by_kind = {one.kind: one for one in scene.check().findings}
    assert set(by_kind) == {"spliced", "foreign"}
    assert (by_kind["spliced"].path, by_kind["spliced"].chunk, by_kind["spliced"].detail) == (
        victim.path,
        3,
        donor.path,
    )
    assert by_kind["foreign"].path == donor.path


@pytest.mark.parametrize("papers", PAPERS)
def test_a_missing_an_added_and_a_foreign_file(scene: Scene, papers: str) -> None:
    (scene.folder / scene.journals[1].path).unlink()
    assert scene.check(papers=papers, whole=False).absent == (scene.journals[1].path,)
    assert scene.check(papers=papers, whole=False).ok, "one journal can be checked without the others"
    assert scene.found(papers=papers) == [("missing", "end_2", None)]
    extra = write(endpoint="end_3")
    scene.put(extra.path, extra.data)
    assert scene.found(papers=papers) == [("added", "end_3", None), ("missing", "end_2", None)]
    (scene.folder / extra.path).unlink()
    scene.put(scene.journals[1].path, write("ses_9", "end_2").data)
    assert scene.found(papers=papers) == [("foreign", "end_2", None), ("missing", "end_2", None)]


def test_a_copy_under_another_name_is_added(scene: Scene) -> None:
    copied = scene.journals[0].path.replace(".hjr", ".2.hjr")
    scene.put(copied, scene.journals[0].data)
    assert scene.found() == [("added", "end_1", None)]


def test_files_under_each_others_names_are_known_by_what_they_are(scene: Scene) -> None:
    one, two = scene.journals
    scene.put(one.path, two.data)
    scene.put(two.path, one.data)
    assert scene.check().ok


def test_a_crash_is_no_fault(tmp_path: Path) -> None:
    whole, crashed = write(), write(endpoint="end_2", complete=False)
    scene = Scene(tmp_path, [whole, crashed])
    assert scene.check().ok
    scene.put(crashed.path, crashed.data + whole.pieces[1][:9])
    assert scene.check(key=True).ok, "what had not reached the disk whole counts as little as before"
    more = write(endpoint="end_2", chunks=1)
    scene.put(crashed.path, crashed.data + more.pieces[1])
    assert scene.found() == [("added", "end_2", 6)]
    scene.put(crashed.path, b"".join(crashed.pieces[:-1]) + flipped(crashed.pieces[-1], 4))
    assert scene.found() == [("changed", "end_2", 5)], "a crash made out as an end in good order"


def test_manifests_that_are_not_this_sittings_last_word(scene: Scene) -> None:
    first = scene.manifest
    assert first is not None
    scene.manifest = changed(first, ended="2026-03-01T09:00:00.000Z")
    assert {kind for kind, *_ in scene.found()} == {"manifest_signature", "manifest_foreign"}
    scene.manifest = first.signed(chain_key()[0])
    assert {kind for kind, *_ in scene.found()} >= {"manifest_key"}
    scene.manifest = Scene(scene.folder / "other", [write("ses_2")], "ses_2").manifest
    assert "manifest_foreign" in {kind for kind, *_ in scene.found(whole=False)}
    scene.manifest = scene.sign(number=2)
    assert [kind for kind, *_ in scene.found(whole=False) if kind.startswith("manifest")] == []
    scene.manifest = first
    assert [kind for kind, *_ in scene.found(whole=False) if kind.startswith("manifest")] == ["manifest_older"]


def test_a_timeline_that_was_changed_is_no_witness(scene: Scene) -> None:
    scene.entries[1] = replace(scene.entries[1], hash=bytes(32))
    assert [one.kind for one in scene.check().findings] == ["timeline"]
    assert check_recording([], timeline=scene.timeline(), public_key=CHAIN_PUBLIC).findings[0].kind == "timeline"


def test_a_public_key_from_elsewhere_confirms_or_refuses_the_papers(scene: Scene) -> None:
    files = sorted(scene.folder.rglob("*.hjr"))
    papers = {"manifest": scene.manifest, "timeline": scene.timeline()}
    good = check_recording(files, **papers, public_key=CHAIN_PUBLIC)  # type: ignore[arg-type]
    assert (good.ok, good.key_confirmed) == (True, True)
    bad = check_recording(files, **papers, public_key=chain_key()[1])  # type: ignore[arg-type]
    assert {one.kind for one in bad.findings} == {"timeline", "manifest_key"}


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "empty"),
        (b'{"version":2,"anything":1}\n' + bytes(50), "newer"),
        (b"{}\n", "unreadable"),
        (b"[" * 9000, "unreadable"),
        (bytes(100), "unreadable"),
        (b"\xff\xfe\n", "unreadable"),
        (b'{"recording":"x","who":{"segment":1}}\n', "unreadable"),
    ],
)
def test_what_is_no_journal_gets_a_sentence(scene: Scene, data: bytes, kind: str) -> None:
    scene.put(scene.journals[0].path, data)
    found = scene.finding(key=True)
    assert (found.kind, found.path) == (kind, scene.journals[0].path)
    assert found.zh
    assert found.en


def test_a_journal_sealed_for_another_key_is_named(scene: Scene) -> None:
    report = check_recording([scene.folder / scene.journals[0].path], private_keys={"joint": new_key_pair()[0]})
    assert [one.kind for one in report.findings] == ["replaced"]
    assert not report.anchored


JOURNALS = st.lists(
    st.tuples(st.sampled_from(["audio", "video"]), st.integers(0, 5), st.booleans()), min_size=1, max_size=3
)


@settings(max_examples=40, deadline=None)
@given(JOURNALS, st.integers(1, 4), st.sampled_from(PAPERS), st.booleans())
def test_an_untouched_recording_is_never_accused(
    drawn: list[tuple[str, int, bool]], every: int, papers: str, key: bool
) -> None:
    journals = [
        write(endpoint=f"end_{number}", medium=medium, chunks=chunks, complete=complete)
        for number, (medium, chunks, complete) in enumerate(drawn)
    ]
    with tempfile.TemporaryDirectory() as folder:
        scene = Scene(Path(folder), journals, every=every)
        assert scene.check(papers=papers, key=key).findings == ()
        assert [one.complete for one in scene.check().journals] == [complete for *_, complete in drawn]


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 5), st.data())
def test_any_flipped_bit_is_found(chunks: int, data: st.DataObject) -> None:
    journal = write(chunks=chunks)
    with tempfile.TemporaryDirectory() as folder:
        scene = Scene(Path(folder), [journal])
        place = data.draw(st.integers(0, len(journal.data) - 1))
        scene.put(journal.path, flipped(journal.data, place))
        assert not scene.check(papers=data.draw(st.sampled_from(PAPERS))).ok
