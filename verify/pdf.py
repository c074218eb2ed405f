"""Whether a sealed PDF is exactly what was sealed, by whom, and against whom that proves anything.

Stricter than a PDF reader: besides a sound signature chain it wants the whole file covered, not one byte after it, the
expected signature fields and no others, and a `/Contents` written in the one canonical way (a changed digit in its
padding, or the case of a hex digit, is otherwise noticed by nobody).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from typing import Any

from asn1crypto import cms, pem, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from .rarenames import accept_rare_names

MAX_BYTES = 50 * 1024 * 1024
SEAL_FIELDS = ("OrganSeal",)

accept_rare_names()


@dataclass(frozen=True)
class Reason:
    """Why a file is not accepted, or what an acceptance does not say: a stable code and a sentence in each language."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True)
class PdfVerdict:
    """`ok` means no reason was found against the file. `notes` hold even then: what the proof does not cover."""

    ok: bool
    reasons: tuple[Reason, ...]
    notes: tuple[Reason, ...]
    signer: str
    at: str
    covers_whole_file: bool
    sha256: str


OWN_CA = Reason(
    "pdf.own_ca",
    "证书由本系统安装时自建的证书机构签发，不是持有许可的电子认证服务机构。",
    "The certificate of this installation's own CA, not a licensed provider.",
)
OWN_CLOCK = Reason(
    "pdf.own_clock",
    "盖章时间取自服务器时钟，没有独立的时间戳。",
    "The time of sealing is the server's own clock; there is no independent timestamp.",
)
_REASONS = {
    reason.code: reason
    for reason in (
        Reason("pdf.not_pdf", "这不是可以读取的 PDF 文件。", "This is not a readable PDF file."),
        Reason("pdf.too_large", "文件超过 50 MB，不予核验。", "The file is larger than 50 MB."),
        Reason("pdf.encrypted", "文件带有密码，不能核验。", "The file is encrypted."),
        Reason("pdf.other_file", "文件与案件登记的摘要不一致。", "The file's hash differs from the one on record."),
        Reason("pdf.unsigned", "文件没有机关印章。", "The file carries no seal."),
        Reason("pdf.fields", "文件中的签章与应有的签章不符。", "The signatures are not exactly the expected ones."),
        Reason("pdf.appended", "盖章之后文件又被追加了内容。", "Something was appended after sealing."),
        Reason("pdf.coverage", "印章没有覆盖整个文件。", "The seal does not cover the entire file."),
        Reason("pdf.padding", "印章数据的填充被改动。", "The padding or spelling of the signature data was changed."),
        Reason("pdf.altered", "盖章之后文件内容被改动。", "The content was changed after sealing."),
        Reason("pdf.bad_signature", "印章签名无效。", "The seal's signature does not verify."),
        Reason(
            "pdf.untrusted", "印章证书不是由所信任的根证书签发。", "The certificate does not lead to a trusted root."
        ),
        Reason("pdf.not_closed", "印章没有禁止后续修改。", "The seal does not forbid later changes."),
    )
}


def verify_pdf(
    data: bytes,
    roots: Sequence[bytes],
    expected_sha256: str | None = None,
    expected_fields: Sequence[str] = SEAL_FIELDS,
) -> PdfVerdict:
    """Examines a file against trusted root certificates (PEM). Never raises for a bad file: the verdict says why.

    Runs its own event loop and about 50 ms of CPU: inside asyncio call it in a thread (RuntimeError otherwise).
    """
    if asyncio._get_running_loop() is not None:
        raise RuntimeError("verify_pdf inside an event loop: call it in a thread")
    digest = sha256(data).hexdigest()
    found: list[str] = []
    if expected_sha256 is not None and digest != expected_sha256.lower():
        found.append("pdf.other_file")
    signer, at, covered = "", "", False
    try:
        codes, signer, at, covered = _examine(data, roots, tuple(expected_fields))
    except Exception:
        # A damaged file may break the parser anywhere; all of it means the same to the person asking.
        codes = ["pdf.not_pdf"]
    found += codes
    reasons = tuple(_REASONS[code] for code in dict.fromkeys(found))
    return PdfVerdict(not reasons, reasons, (OWN_CA, OWN_CLOCK), signer, at, covered, digest)


def _examine(data: bytes, roots: Sequence[bytes], fields: tuple[str, ...]) -> tuple[list[str], str, str, bool]:
    if len(data) > MAX_BYTES:
        return ["pdf.too_large"], "", "", False
    if not data.startswith(b"%PDF-"):
        return ["pdf.not_pdf"], "", "", False
    reader = PdfFileReader(BytesIO(data), strict=True)
    if reader.encrypted:
        return ["pdf.encrypted"], "", "", False
    try:
        embedded = list(reader.embedded_signatures)
    except Exception:
        return ["pdf.bad_signature"], "", "", False
    if not embedded:
        return ["pdf.unsigned"], "", "", False
    names = tuple(signature.field_name for signature in embedded)
    found = [] if names == fields else ["pdf.fields"]
    seal = embedded[-1]
    found += _outline(data, seal)
    try:
        status = asyncio.run(_validate(seal, roots))
    except Exception:
        return [*found, "pdf.bad_signature"], "", "", False
    found += _status(status)
    covered = status.coverage == SignatureCoverageLevel.ENTIRE_FILE and "pdf.appended" not in found
    subject = status.signing_cert.subject.native
    at = status.signer_reported_dt
    return found, str(subject.get("common_name", "")), at.isoformat() if at else "", covered


def _outline(data: bytes, seal: Any) -> list[str]:
    """The file around the signature: nothing before, nothing after, and `/Contents` spelled canonically."""
    start, first, second, last = (int(number) for number in seal.byte_range)
    found: list[str] = []
    if second + last != len(data):
        found.append("pdf.appended")
    if start != 0 or not data[: second + last].endswith((b"%%EOF", b"%%EOF\n", b"%%EOF\r\n")):
        found.append("pdf.coverage")
    gap = data[first:second]
    if not re.fullmatch(rb"<(?:(?:[0-9a-f]{2})+|(?:[0-9A-F]{2})+)>", gap):
        return [*found, "pdf.padding"]
    content = bytes.fromhex(gap[1:-1].decode())
    try:
        signed = cms.ContentInfo.load(content)
        length = len(signed.dump())
        plain = not any(content[length:]) and _canonical(signed, content[:length])
    except (ValueError, TypeError, KeyError):
        plain = False
    return found if plain else [*found, "pdf.padding"]


def _canonical(signed: Any, der: bytes) -> bool:
    """Whether the CMS is written in DER and carries one signer, its certificate, and nothing that nobody signed."""
    again = cms.ContentInfo.load(der, strict=True)
    data = again["content"]
    infos = data["signer_infos"]
    if len(infos) != 1 or len(data["certificates"]) != 1 or signed["content_type"].native != "signed_data":
        return False
    info = infos[0]
    algorithms = [item["algorithm"].native for item in data["digest_algorithms"]]
    plain = not info["unsigned_attrs"] and algorithms == [info["digest_algorithm"]["algorithm"].native]
    issuer = data["certificates"][0].chosen.issuer
    if info["sid"].name != "issuer_and_serial_number" or info["sid"].chosen["issuer"].dump() != issuer.dump():
        return False
    versions = data["version"].native == "v1" and info["version"].native == "v1"
    return plain and versions and bool(again.dump(force=True) == der)


async def _validate(seal: Any, roots: Sequence[bytes]) -> Any:
    trusted = [x509.Certificate.load(pem.unarmor(root)[2]) for root in roots]
    context = ValidationContext(trust_roots=trusted, allow_fetching=False)
    return await async_validate_pdf_signature(seal, signer_validation_context=context)


def _status(status: Any) -> list[str]:
    found: list[str] = []
    if not status.intact:
        found.append("pdf.altered")
    if not status.valid:
        found.append("pdf.bad_signature")
    if not status.trusted:
        found.append("pdf.untrusted")
    if status.coverage != SignatureCoverageLevel.ENTIRE_FILE:
        found.append("pdf.coverage")
    if not status.docmdp_ok:
        found.append("pdf.altered")
    elif status.docmdp_ok is None:
        found.append("pdf.not_closed")
    if not found and not status.bottom_line:
        found.append("pdf.bad_signature")
    return found
