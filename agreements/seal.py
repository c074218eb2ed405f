"""Closes a rendered agreement with the organ's seal: a PAdES certification signature that allows no further change.

The time in it is this server's clock; an independent timestamp is not part of it.
"""

from __future__ import annotations

import binascii
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import Any

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils.content import PdfContent
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import BoxConstraints
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import signers
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator.registry import SimpleCertificateStore

from verify.rarenames import accept_rare_names

from .authority import SealIdentity
from .canvas import Mark, RuleMark, TextMark, draw
from .fonts import FontChain
from .linebreak import break_lines
from .render import SEAL_SIZE, Rendered
from .wording import moment_words

FIELD = "OrganSeal"
_RESERVED = 8192  # bytes of /Contents: one certificate, no timestamp; about 1.2 kB are used

accept_rare_names()


@dataclass(frozen=True)
class SealWords:
    """What the seal's box says. `at` is UTC (stored form)."""

    organ: str
    at: str


def seal_pdf(rendered: Rendered, identity: SealIdentity, words: SealWords, fonts: FontChain) -> bytes:
    """The sealed file. About 50 ms of CPU, and its own event loop inside: call it in a thread.

    Raises NoGlyph where the organ's name cannot be printed.
    """
    writer = IncrementalPdfFileWriter(BytesIO(rendered.pdf))
    metadata = signers.PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
        name=words.organ,
        reason="调解协议书盖章",
    )
    x1, y1, x2, y2 = rendered.seal_box
    field = SigFieldSpec(FIELD, on_page=rendered.seal_page, box=(round(x1), round(y1), round(x2), round(y2)))
    pdf_signer = signers.PdfSigner(
        metadata,
        _signer(identity),
        stamp_style=StaticStampStyle(border_width=0, background=_Imported(_appearance(words, fonts))),
        new_field_spec=field,
    )
    output = BytesIO()
    pdf_signer.sign_pdf(writer, output=output, bytes_reserved=_RESERVED)
    return output.getvalue()


def _signer(identity: SealIdentity) -> Any:
    def der(certificate: Any) -> Any:
        return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))

    store: Any = SimpleCertificateStore
    private = identity.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return signers.SimpleSigner(
        signing_cert=der(identity.certificate),
        signing_key=asn1_keys.PrivateKeyInfo.load(private),
        # The root stays out of the file: it would be the one part that no signature covers, and verifiers hold it.
        cert_registry=store(),
    )


def _appearance(words: SealWords, fonts: FontChain) -> bytes:
    """A ruled box with the organ, the words and the date: plainly a text field, in no way like an official stamp."""
    width, height = SEAL_SIZE
    marks: list[Mark] = []
    for inset, weight in ((0.8, 1.1), (3.6, 0.4)):
        x1, y1, x2, y2 = inset, inset, width - inset, height - inset
        for edge in ((x1, y1, x2, y1), (x1, y2, x2, y2), (x1, y1, x1, y2), (x2, y1, x2, y2)):
            marks.append(RuleMark(*edge, weight, 0.15))
    y = height - 19.0
    for text, size, bold, grey in (
        (words.organ, 10.0, True, 0.0),
        ("已以本机关电子印章密钥签署", 8.5, False, 0.2),
        (moment_words(words.at), 9.0, False, 0.0),
    ):
        measure = partial(fonts.width, bold=bold)
        for line in break_lines(text, (width - 28) / size, measure, justify=False)[:2]:
            marks.append(TextMark((width - line.width * size) / 2, y, line, size, bold, grey))
            y -= size + 6.5
    return draw([marks], SEAL_SIZE, fonts, {})


class _Imported(PdfContent):
    """The first page of a PDF in memory, as an appearance (pyHanko's own class only takes a path)."""

    def __init__(self, pdf: bytes) -> None:
        super().__init__()
        self._pdf = pdf

    def render(self) -> bytes:
        form = self._ensure_writer.import_page_as_xobject(PdfFileReader(BytesIO(self._pdf)), page_ix=0)
        name = b"/Import" + binascii.hexlify(self._pdf[-8:])
        self.resources.xobject[name.decode()] = form
        x1, y1, x2, y2 = form.get_object()["/BBox"]
        self.box = BoxConstraints(width=abs(x2 - x1), height=abs(y2 - y1))
        return name + b" Do"
