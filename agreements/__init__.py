"""Agreements: drafted as typed fields, locked by hash, signed by everyone, printed and sealed as a PDF.

Edits are in `agreements.edits`, errors in `agreements.errors`, tables in `agreements.tables`.
"""

from .authority import Authority
from .edits import Edit
from .fonts import FontChain, default_folders
from .model import Agreement, Attendee
from .service import Agreements
from .view import agreement_view, document_view

__all__ = [
    "Agreement",
    "Agreements",
    "Attendee",
    "Authority",
    "Edit",
    "FontChain",
    "agreement_view",
    "default_folders",
    "document_view",
]
