"""What a browser is told: never handwriting, never a whole number, never a withheld contact of the other side."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from agreements import rules
from agreements.errors import Problem
from agreements.model import Agreement
from agreements.view import agreement_view, document_view
from tests.unit.agreements import samples

PERSONAL = ("320703199003074518", "320703199411230021", "13812345678", "13900001111", "花园路88号", "1990-03-07")
PROBLEM = Problem("terms", "少一项", "one term short")


@pytest.mark.parametrize("stage", [samples.drafted, samples.locked, samples.signed])
@pytest.mark.parametrize(
    ("person", "role"), [("pty_a", "party"), ("pty_b", "party"), ("sea_l", "lawyer"), ("off_1", "mediator")]
)
def test_no_personal_number_and_no_handwriting(stage: Callable[[], Agreement], person: str, role: str) -> None:
    agreement = stage()
    for shown in (
        agreement_view(agreement, person, role, samples.TEMPLATE),
        document_view(agreement, person, role, samples.TEMPLATE),
    ):
        text = json.dumps(shown, ensure_ascii=False)
        assert not any(secret in text for secret in PERSONAL)
        assert "ink_" not in text
        assert "stroke" not in text


def test_a_withheld_contact_is_the_person_s_own_and_the_mediator_s_to_see() -> None:
    def phone(person: str, role: str) -> str:
        shown = document_view(samples.locked(), person, role, samples.TEMPLATE)
        return str(shown["parties"][1]["phone"])

    assert phone("pty_b", "party") == phone("off_1", "mediator") == "139****1111"
    for person, role in (("pty_a", "party"), ("sea_l", "lawyer"), ("sea_w", "witness")):
        assert phone(person, role) == samples.TEMPLATE.contact_withheld


def test_problems_and_undo_are_the_mediator_s() -> None:
    draft = samples.drafted()
    assert agreement_view(draft, "off_1", "mediator", samples.TEMPLATE, [PROBLEM])["problems"][0]["field"] == "terms"
    assert agreement_view(draft, "pty_a", "party", samples.TEMPLATE, [PROBLEM])["problems"] == []
    assert agreement_view(draft, "off_1", "mediator", samples.TEMPLATE)["can_undo"]
    assert not agreement_view(draft, "pty_a", "party", samples.TEMPLATE)["can_undo"]


def test_signers_say_who_signed_who_declined_and_which_is_you() -> None:
    agreement = samples.locked()
    assert agreement.lock is not None
    one = rules.sign(agreement, "pty_a", agreement.lock.hash, "ink", at=samples.AT)
    signers = agreement_view(one, "pty_b", "party", samples.TEMPLATE)["signers"]
    assert [(item["person"], item["status"], item["you"]) for item in signers] == [
        ("pty_a", "signed", False),
        ("pty_b", "waiting", True),
        ("sea_w", "waiting", False),
        ("off_1", "waiting", False),
    ]
    declined = agreement_view(rules.decline(one, "pty_b", "不同意", at=samples.AT), "pty_a", "party", samples.TEMPLATE)
    assert declined["signers"][1]["status"] == "declined"
    assert declined["declined_reason"] == "不同意"


def test_amounts_come_with_their_words() -> None:
    terms = agreement_view(samples.locked(), "pty_a", "party", samples.TEMPLATE)["terms"]
    assert terms[0]["amount_words"] == "人民币壹仟贰佰陆拾元伍角整"
    assert terms[2]["amount_words"] is None


def test_the_document_to_read_is_the_document_printed() -> None:
    shown = document_view(samples.locked(), "pty_a", "party", samples.TEMPLATE)
    assert shown["terms"][0].startswith(
        "甲方（张𬭎）于2026年11月24日前（含当日）向乙方（㛃䶮）支付医疗费、交通费1,260.50元"
    )
    assert [party["label"] for party in shown["parties"]] == ["甲方", "乙方"]
