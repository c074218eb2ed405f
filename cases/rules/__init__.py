"""Pure rules about what stands in a case record: no input or output, no knowledge of the rest of the house."""

from cases.rules.case_number import clean_case_number
from cases.rules.documents import clean_document
from cases.rules.names import clean_name
from cases.rules.phone import clean_phone
from cases.rules.resident_id import ResidentId, parse_resident_id
from cases.rules.text import clean_text
from cases.rules.tracks import TRACKS, Track

__all__ = [
    "TRACKS",
    "ResidentId",
    "Track",
    "clean_case_number",
    "clean_document",
    "clean_name",
    "clean_phone",
    "clean_text",
    "parse_resident_id",
]
