"""From a complete agreement to its sealed and checked file: everything about the PDF that takes CPU, in one call."""

from __future__ import annotations

from collections.abc import Mapping

from verify.pdf import verify_pdf

from .authority import Authority
from .errors import SealBrokenError
from .fonts import FontChain
from .model import Agreement
from .render import render
from .seal import SealWords, seal_pdf
from .strokes import Stroke
from .template import Template


def press(
    agreement: Agreement,
    template: Template,
    strokes: Mapping[str, tuple[Stroke, ...]],
    receipt: str,
    at: str,
    *,
    fonts: FontChain,
    authority: Authority,
) -> bytes:
    """The sealed PDF. Call it in a thread.

    Raises NoGlyph, and SealBrokenError where our own verifier refuses the result: nothing unverified leaves here.
    """
    rendered = render(agreement, template, fonts, strokes, receipt)
    identity = authority.seal_for(agreement.organ_id, agreement.draft.organ)
    pdf = seal_pdf(rendered, identity, SealWords(agreement.draft.organ, at), fonts)
    verdict = verify_pdf(pdf, [authority.root_pem()])
    if not verdict.ok:
        raise SealBrokenError(", ".join(reason.code for reason in verdict.reasons))
    return pdf
