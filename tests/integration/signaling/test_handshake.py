"""Who may be a worker: proven both ways, by this version, and only on the connection that it was proven for."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
import socketio

from server.line import Line
from signaling.live import handshake
from signaling.live.handshake import NAMESPACE
from tests.integration.signaling.handworker import Worker, secret_of, sitting
from tests.integration.signaling.town import Town
from tests.support.service import free_port


async def test_a_wrong_secret_is_refused_with_a_reason(town: Town) -> None:
    worker = Worker("stranger")
    await worker.connect(town)
    await worker.greet()
    reply = await worker.sio.call("hello", {"proof": worker.proof("wrong"), "holds": {}}, namespace=NAMESPACE)
    assert reply["error"]["code"] == "worker.wrong_secret"
    async with asyncio.timeout(10):
        await worker.ended.wait()
    await worker.close()


async def test_another_version_is_refused_with_a_reason(town: Town) -> None:
    for auth in ({"version": "1", "secret": secret_of(town)}, {"version": "99"}, {"nonce": "short"}, {"worker": 7}):
        worker = Worker("old")
        why: list[Any] = []
        worker.sio.on("connect_error", why.append, namespace=NAMESPACE)
        with pytest.raises(socketio.exceptions.ConnectionError):
            await worker.connect(town, **auth)
        (said,) = why
        wanted = "worker.wrong_version" if "version" in auth else "worker.refused"
        assert said["data"]["code"] == wanted
        assert said["data"]["zh"]
        await worker.close()


async def test_a_proof_that_was_overheard_is_worth_nothing(town: Town) -> None:
    first = Worker("overheard")
    await first.connect(town)
    await first.greet()
    shown = first.proof(secret_of(town))
    again = Worker("overheard")
    again.nonce = first.nonce
    await again.connect(town)
    await again.greet()
    assert again.answer != first.answer
    hello = {"proof": shown, "holds": {}}
    assert (await again.sio.call("hello", hello, namespace=NAMESPACE))["error"]["code"] == "worker.wrong_secret"
    # Nor may the server's own proof be given back to it, nor a worker's be taken for the command line's.
    third = Worker("mirror")
    await third.connect(town)
    greeting = await third.greet()
    asked = {"proof": third.proof(secret_of(town)), "worker": "all"}
    assert (await third.sio.call("drain", asked, namespace=NAMESPACE))["error"]["code"] == "worker.wrong_secret"
    mirrored = {"proof": greeting["proof"], "holds": {}}
    assert (await third.sio.call("hello", mirrored, namespace=NAMESPACE))["error"]["code"] == "worker.wrong_secret"
    for worker in (first, again, third):
        await worker.close()


async def test_what_an_unproven_worker_tells_is_not_taken(town: Town) -> None:
    async with sitting(town) as (case, worker, _, officer, _):
        stranger = Worker(worker.name)
        await stranger.connect(town)
        before = town.revision(case)
        await stranger.tell("recorder", room=case.room, state="failed", reason="x")
        await stranger.tell("leaving")
        await stranger.greet()  # answered after what was told before
        assert (await officer.view())["phase"] == "joint"
        assert town.revision(case) == before
        await stranger.close()
        await worker.tell("recorder", room=case.room, state="failed", reason="x")
        await officer.shown(lambda view: view["phase"] == "paused")


class _Impostor:
    """A server at our address that does not know the secret, and gives orders all the same."""

    def __init__(self, recorded: dict[str, Any] | None) -> None:
        self.sio = socketio.AsyncServer(async_mode="asgi", transports=["websocket"])
        self.asked: list[str] = []
        self._recorded = recorded
        self.sio.on("connect", self._connect, namespace=NAMESPACE)
        self.sio.on("greet", self._greet, namespace=NAMESPACE)
        self.sio.on("hello", self._hello, namespace=NAMESPACE)

    async def _connect(self, sid: str, environ: object, auth: object) -> None:
        return None

    async def _greet(self, sid: str, data: object) -> dict[str, Any]:
        await self.sio.emit("offer", {"room": "r"}, to=sid, namespace=NAMESPACE)
        return self._recorded or {"nonce": "0" * 32, "proof": "0" * 64}

    async def _hello(self, sid: str, data: object) -> dict[str, Any]:
        self.asked.append("hello")
        return {}


@pytest.mark.parametrize("replayed", [False, True])
async def test_a_worker_obeys_no_impostor_and_does_not_hurry_back(
    town: Town, replayed: bool, caplog: pytest.LogCaptureFixture
) -> None:
    import uvicorn

    recorded = None
    if replayed:
        overhearing = Worker("w")
        await overhearing.connect(town)
        recorded = await overhearing.greet()
        await overhearing.close()
    impostor, port, obeyed = _Impostor(recorded), free_port(), []
    server = uvicorn.Server(
        uvicorn.Config(
            socketio.ASGIApp(impostor.sio), port=port, log_level="error", lifespan="off", ws="websockets-sansio"
        )
    )
    serving = asyncio.create_task(server.serve())

    async def obey(data: dict[str, Any]) -> dict[str, Any]:
        obeyed.append(data)
        return {}

    line = Line("w", f"http://127.0.0.1:{port}", secret_of(town), {"offer": obey}, dict)
    with caplog.at_level(logging.ERROR, "heshi.worker"):
        keeping = asyncio.create_task(line.keep())
        async with asyncio.timeout(20):
            await line.refused.wait()
    assert not obeyed
    assert not impostor.asked
    assert not line.up
    (said,) = [record.getMessage() for record in caplog.records if record.name == "heshi.worker"]
    assert "does not know our secret" in said
    assert "Next try in 5 s" in said
    keeping.cancel()
    server.should_exit = True
    await asyncio.gather(keeping, serving, return_exceptions=True)


async def test_a_worker_says_in_plain_words_why_it_is_refused(
    town: Town, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handshake, "VERSION", "1")
    line = Line("old", town.service.url, secret_of(town), {}, dict)
    with caplog.at_level(logging.ERROR, "heshi.worker"):
        keeping = asyncio.create_task(line.keep())
        async with asyncio.timeout(20):
            await line.refused.wait()
    assert "version is not the server's" in caplog.text
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
