"""What a browser may know of an agreement: plain JSON, never handwriting, personal numbers only masked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cases.rules.masking import mask_address, mask_date, mask_id, mask_phone

from .checks import printed_name
from .errors import Problem
from .model import Agreement, PartyCopy, Signer
from .money import capitals
from .rules import required_signers
from .template import Template
from .wording import GENDERS, ID_TYPES, ROLES, date_words, ordinal, side_label, term_words


def agreement_view(
    agreement: Agreement, person: str, role: str, template: Template, problems: Sequence[Problem] = ()
) -> dict[str, Any]:
    """The agreement as one admitted person sees it live. Only the mediator sees what keeps it from being locked."""
    draft = agreement.draft
    return {
        "status": agreement.status,
        "version": draft.version,
        "title": template.title,
        "facts": draft.fields.get("facts", ""),
        "terms": [
            {
                "id": term.id,
                "debtor": term.debtor,
                "creditor": term.creditor,
                "what": term.what,
                "amount_fen": term.amount_fen,
                "amount_words": capitals(term.amount_fen) if term.amount_fen else None,
                "way": term.way,
                "due": term.due or None,
                "place": term.place,
            }
            for term in draft.terms
        ],
        "clauses": [clause.text for clause in draft.clauses],
        "parties": [{"person": party.id, "name": party.name, "side": party.side} for party in draft.parties],
        "problems": [{"field": item.path, "zh": item.zh, "en": item.en} for item in problems if role == "mediator"],
        "can_undo": role == "mediator" and bool(agreement.past) and agreement.status in ("draft", "locked"),
        "lock_hash": agreement.lock.hash if agreement.lock else None,
        "lock_code": agreement.lock.code if agreement.lock else None,
        "signers": [_signer(agreement, signer, person) for signer in agreement.required or required_signers(draft)],
        "declined_reason": agreement.declined[-1].reason if agreement.status == "declined" else None,
        "sealed_at": agreement.sealed.at if agreement.sealed else None,
    }


def document_view(agreement: Agreement, person: str, role: str, template: Template) -> dict[str, Any]:
    """The whole text as the page will print it, for reading before signing; others' numbers masked."""
    draft = agreement.draft
    return {
        "title": template.title,
        "number": draft.number,
        "organ": draft.organ,
        "mediator": draft.mediator.name,
        "fields": [
            {"id": item.id, "zh": item.zh, "en": item.en, "value": date_words(draft.fields.get(item.id, ""))}
            for item in template.fields
        ],
        "parties": [
            {"label": side_label(draft, party), **_party(party, person, role, template)} for party in draft.parties
        ],
        "others": [f"{ROLES[other.role]} {other.name}" for other in draft.others],
        "preamble": template.preamble.format(organ=draft.organ),
        "terms": [term_words(draft, term, template) for term in draft.terms],
        "clauses": [clause.text for clause in draft.clauses],
        "effect": [sentence.format(copies=ordinal(draft.copies)) for sentence in template.effect],
        "notices": [f"{notice.title}：“{notice.text}”" for notice in template.notices],
    }


def _party(party: PartyCopy, person: str, role: str, template: Template) -> dict[str, str]:
    withheld = party.private_contact and person != party.id and role != "mediator"
    return {
        "person": party.id,
        "name": printed_name(party),
        "gender": GENDERS.get(party.gender, ""),
        "id_type": ID_TYPES.get(party.id_type, ""),
        "id_number": mask_id(party.id_number),
        "workplace": party.workplace,
        "birth_date": mask_date(party.birth_date),
        "phone": template.contact_withheld if withheld else mask_phone(party.phone) if party.phone else "",
        "address": template.contact_withheld if withheld else mask_address(party.address),
    }


def _signer(agreement: Agreement, signer: Signer, person: str) -> dict[str, Any]:
    signed = next((item for item in agreement.signatures if item.person == signer.person), None)
    refused = agreement.status == "declined" and agreement.declined[-1].person == signer.person
    return {
        "person": signer.person,
        "name": signer.name,
        "role": signer.role,
        "side": signer.side or None,
        "status": "signed" if signed else "declined" if refused else "waiting",
        "at": signed.at if signed else agreement.declined[-1].at if refused else None,
        "you": signer.person == person,
    }
