"""The agreement as the protocol shows it to one person."""

from __future__ import annotations

from agreements import Agreement, Agreements
from signaling.messages.agreement import AgreementView, DocumentView


def agreement_message(agreements: Agreements, agreement: Agreement, person: str, role: str) -> AgreementView:
    """What this person may see; the whole text with it from the lock on, since that is what is signed."""
    shown = agreements.view(agreement, person, role)
    document = None
    if agreement.status != "draft":
        document = DocumentView.model_validate(agreements.document(agreement, person, role))
    return AgreementView.model_validate({**shown, "document": document})
