"""What goes over the wire when something is refused."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, ValidationError

from formats.errors import Conflict
from signaling.errors import to_reply
from signaling.live.sockets import _cookies


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = ""


@given(st.dictionaries(st.text(), st.text() | st.integers(), min_size=1, max_size=3))
def test_the_callers_words_are_not_repeated(fields: dict[str, object]) -> None:
    marked = {"~4711~" + name: value for name, value in fields.items()}
    with pytest.raises(ValidationError) as caught:
        _Strict.model_validate({**marked, "name": ["~4711~"]})
    status, reply = to_reply(caught.value)
    assert (status, reply.error.code) == (400, "malformed")
    assert "4711" not in reply.model_dump_json()


def test_what_nobody_foresaw_tells_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        status, reply = to_reply(RuntimeError("password=4711"))
    assert (status, reply.error.code) == (500, "internal")
    assert "4711" not in reply.model_dump_json()
    assert "unforeseen failure" in caplog.text


def test_details_are_short() -> None:
    _, reply = to_reply(Conflict("x" * 5000))
    assert len(reply.error.detail) == 200


@given(st.text())
def test_cookies_of_any_kind_are_read_or_ignored(text: str) -> None:
    assert isinstance(_cookies({"HTTP_COOKIE": text}), dict)
