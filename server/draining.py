"""`heshi drain`: ask the running service to move everybody off a worker, so that it can be replaced."""

from __future__ import annotations

from typing import Final

import socketio

from formats.errors import HeshiError
from server.settings import Settings
from server.wiring import KEYS, near_url
from signaling.live import handshake
from signaling.live.handshake import NAMESPACE
from vault import KeyStore

PATIENCE_S: Final = 600.0


class NotDrained(HeshiError):
    """The service is not there, or would not; `detail` says why."""

    code = "worker.not_drained"
    zh = "没有完成：媒体服务进程仍在原处工作。"
    en = "Not done: the worker goes on as it was."


async def drain(settings: Settings, worker: str) -> str:
    """Have `worker` (or "all", one after the other) emptied and ended; a sentence about it. Raises `NotDrained`."""
    secret = KeyStore.open(settings.data / KEYS).worker_secret
    name, nonce = "operator", handshake.fresh_nonce()
    client = socketio.AsyncClient(reconnection=False)
    try:
        auth = {"worker": name, "version": handshake.VERSION, "nonce": nonce}
        await client.connect(
            near_url(settings, settings.port), auth=auth, namespaces=[NAMESPACE], transports=["websocket"]
        )
        greeting = await client.call("greet", {}, namespace=NAMESPACE)
        handshake.check(greeting.get("proof"), secret, "server", name, nonce, str(greeting.get("nonce")))
        shown = handshake.proof(secret, "operator", name, nonce, greeting["nonce"])
        asked = {"proof": shown, "worker": worker}
        answer = await client.call("drain", asked, namespace=NAMESPACE, timeout=PATIENCE_S)
    except (socketio.exceptions.SocketIOError, TimeoutError) as error:
        raise NotDrained(str(error)) from error
    finally:
        await client.shutdown()
    if "error" in answer:
        raise NotDrained(f"{answer['error']['en']} {answer['error']['detail']}")
    return f"{', '.join(answer['workers'])}: 已转移 {answer['rooms']} 间调解室 / rooms moved: {answer['rooms']}"
