"""The tamper table of a sealed PDF: all of it found, and the untouched file never accused."""

from __future__ import annotations

import random
import re
import subprocess
from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pyhanko.pdf_utils.generic import NameObject, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from agreements.authority import Authority
from agreements.render import render
from agreements.seal import SealWords, seal_pdf
from tests.unit.agreements import samples
from verify.pdf import PdfVerdict, verify_pdf

ORGAN = "海州市公安局𬭎浦分局市东派出所"


class Keys:
    """A key store in memory."""

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}

    def get_or_create(self, name: str, make: Callable[[], bytes]) -> bytes:
        if name not in self.values:
            self.values[name] = make()
        return self.values[name]


AUTHORITY = Authority(Keys())


@cache
def sealed() -> bytes:
    rendered = render(samples.signed(), samples.TEMPLATE, samples.fonts(), samples.ink(), "HR1." + "A" * 240)
    words = SealWords(ORGAN, samples.AT)
    return seal_pdf(rendered, AUTHORITY.seal_for("org_1", ORGAN), words, samples.fonts())


def verdict(data: bytes, expected: str | None = None) -> PdfVerdict:
    return verify_pdf(data, [AUTHORITY.root_pem()], expected)


def codes(data: bytes) -> set[str]:
    return {reason.code for reason in verdict(data).reasons}


def gap(data: bytes) -> tuple[int, int]:
    """Where the hex digits of `/Contents` stand."""
    found = re.search(rb"/Contents <([0-9A-Fa-f]+)>", data)
    assert found
    return found.span(1)


def flipped(data: bytes, position: int, bit: int) -> bytes:
    changed = bytearray(data)
    changed[position] ^= 1 << bit
    return bytes(changed)


def test_the_untouched_file_is_accepted_and_says_what_it_does_not_prove() -> None:
    found = verdict(sealed())
    assert found.ok
    assert found.covers_whole_file
    assert ORGAN in found.signer
    assert found.at
    assert {note.code for note in found.notes} == {"pdf.own_ca", "pdf.own_clock"}
    assert "not a licensed provider" in found.notes[0].en
    assert verdict(sealed(), found.sha256).ok


@pytest.mark.parametrize("case", range(48))
def test_flipped_bits_anywhere(case: int) -> None:
    rng = random.Random(f"anywhere {case}")
    data = sealed()
    assert not verdict(flipped(data, rng.randrange(len(data)), rng.randrange(8))).ok


@pytest.mark.parametrize("case", range(48))
def test_flipped_bits_in_the_signature_and_its_padding(case: int) -> None:
    rng = random.Random(f"contents {case}")
    start, end = gap(sealed())
    # Half of them in the signature itself, half in the zeros after it.
    position = rng.randrange(start - 1, start + 2400) if case % 2 else rng.randrange(start, end + 1)
    assert not verdict(flipped(sealed(), position, rng.randrange(8))).ok


async def test_inside_an_event_loop_it_says_so_instead_of_judging() -> None:
    with pytest.raises(RuntimeError, match="thread"):
        verdict(b"%PDF-")


def test_one_padding_digit() -> None:
    _, end = gap(sealed())
    assert codes(sealed()[: end - 1] + b"1" + sealed()[end:]) == {"pdf.padding"}


def test_the_case_of_a_hex_digit() -> None:
    start, end = gap(sealed())
    place = next(index for index in range(start, end) if sealed()[index] in b"ABCDEFabcdef")
    assert codes(flipped(sealed(), place, 5)) == {"pdf.padding"}


@pytest.mark.parametrize("tail", [b"\n", b" ", b"\n%%EOF\n", b"%PDF", b"x" * 1000])
def test_trailing_bytes(tail: bytes) -> None:
    # After a second end mark the reader looks for a revision that is not there, and says "not a PDF".
    assert codes(sealed() + tail) & {"pdf.appended", "pdf.not_pdf"}


def test_an_appended_revision() -> None:
    writer = IncrementalPdfFileWriter(BytesIO(sealed()))
    info = writer.add_object(pdf_string("changed"))
    writer.root[NameObject("/Changed")] = info
    untyped: Any = writer
    untyped.update_root()
    output = BytesIO()
    untyped.write(output)
    assert {"pdf.appended", "pdf.coverage", "pdf.altered"} <= codes(output.getvalue())


def test_cut_short() -> None:
    assert not verdict(sealed()[:-1]).ok
    assert not verdict(sealed()[:-700]).ok


def test_another_root() -> None:
    other = Authority(Keys())
    found = verify_pdf(sealed(), [other.root_pem()])
    assert {reason.code for reason in found.reasons} == {"pdf.untrusted"}
    assert {reason.code for reason in verify_pdf(sealed(), []).reasons} == {"pdf.untrusted"}


def test_more_or_fewer_signatures_than_expected() -> None:
    for fields in ((), ("OrganSeal", "Second"), ("Other",)):
        found = verify_pdf(sealed(), [AUTHORITY.root_pem()], expected_fields=fields)
        assert {reason.code for reason in found.reasons} == {"pdf.fields"}


def test_another_file_than_the_one_on_record() -> None:
    assert {reason.code for reason in verdict(sealed(), "00" * 32).reasons} == {"pdf.other_file"}


def test_unsealed_and_no_pdf() -> None:
    plain = render(samples.drafted(), samples.TEMPLATE, samples.fonts(), {}, "").pdf
    assert codes(plain) == {"pdf.unsigned"}
    assert codes(b"") == codes(b"hello") == codes(b"%PDF-1.4 nothing") == {"pdf.not_pdf"}
    assert codes(b"%PDF-" + bytes(50 * 1024 * 1024)) == {"pdf.too_large"}


def test_a_sealed_file_under_a_name_once_unassigned() -> None:
    # 𬭎 is Extension E: asn1crypto's own tables end at Unicode 3.2 and would stop the validation with an exception.
    assert "𬭎" in verdict(sealed()).signer


def pdfsig(data: bytes, folder: Path) -> str:
    (folder / "a.pdf").write_bytes(data)
    return subprocess.run(["pdfsig", "-nocert", folder / "a.pdf"], capture_output=True, text=True, check=False).stdout


def test_poppler_agrees(tmp_path: Path) -> None:
    whole = pdfsig(sealed(), tmp_path)
    assert "Signature is Valid" in whole
    assert "Total document signed" in whole
    # A byte of a drawn page: still a PDF, but not the one that was sealed.
    position = sealed().index(b"/Title") + 20
    changed = pdfsig(flipped(sealed(), position, 0), tmp_path)
    assert "Signature is Valid" not in changed
