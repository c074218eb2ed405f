"""The signature blocks: role, printed name, the handwriting, and when; two side by side."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo

from .canvas import InkMark, RuleMark
from .flow import Flow
from .model import Agreement, Signer
from .rules import required_signers
from .strokes import Stroke
from .wording import ROLES, SIDES, moment_words

_HEIGHT = 87.0
_GUTTER = 24.0


def place_signatures(
    flow: Flow, agreement: Agreement, strokes: Mapping[str, tuple[Stroke, ...]], zone: tzinfo, below: float
) -> None:
    """Draws a block for everyone who must sign; empty ones show where.

    The last row stays together with the `below` points that follow it: a seal never stands alone on a page.
    """
    signers = agreement.required or required_signers(agreement.draft)
    signed = {signature.person: signature.at for signature in agreement.signatures}
    width = (flow.width - _GUTTER) / 2
    flow.space(14)
    for index in range(0, len(signers), 2):
        flow.need(_HEIGHT + (below if index + 2 >= len(signers) else 0))
        for column, signer in enumerate(signers[index : index + 2]):
            x = flow.left + column * (width + _GUTTER)
            _block(flow, x, width, signer, signed.get(signer.person, ""), strokes.get(signer.person), zone)
        flow.space(_HEIGHT)


def _block(
    flow: Flow, x: float, width: float, signer: Signer, at: str, ink: tuple[Stroke, ...] | None, zone: tzinfo
) -> None:
    top, base = flow.y, flow.y - 62
    label = SIDES.get(signer.side, "") if signer.role == "party" else SIDES.get(signer.side, "") + ROLES[signer.role]
    flow.line(f"{label}（签名）", x, top - 12, 10.5)
    flow.line(signer.name, x + width, top - 12, 10.5, align="right", grey=0.25)
    if ink:
        flow.add(InkMark((x + 24, base + 3, x + width - 8, top - 19), ink))
    flow.add(RuleMark(x, base, x + width, base, 0.6, 0.35))
    flow.line(
        moment_words(at, zone) if at else "　　　　年　　月　　日", x + width, base - 14, 9, align="right", grey=0.3
    )
