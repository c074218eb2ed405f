"""Case records: organs, officers, cases, parties and notices.

Inputs are in `cases.inputs`, errors in `cases.errors`, pure rules in `cases.rules`, tables in `cases.tables`.
"""

from cases.model import Case, CaseFacts, CaseView, Officer, Party
from cases.notices import ConsoleNotices, Notices
from cases.officers import Officers
from cases.scope import Scope
from cases.service import Cases

__all__ = [
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
]
