"""What a media worker is told, by environment variables of its own (`HESHI_WORKER_…`)."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from server.settings import WORKER_PREFIX, Settings
from vault import KeyStore


class WorkerSettings(BaseSettings):
    """A worker knows where signaling is, its secret, and two public keys; never a private one."""

    model_config = SettingsConfigDict(env_prefix=WORKER_PREFIX, frozen=True, extra="forbid")

    url: str
    """Signaling's address, e.g. `http://127.0.0.1:8080`."""

    secret: str
    """The workers' shared secret."""

    vault_public: str
    """Public key of joint recordings (base64)."""

    supervisor_public: str
    """Public key of caucus recordings (base64)."""

    spool: Path
    """Folder of the journals."""

    spool_second: str = ""
    """Where journals go when that folder fails; empty: nowhere, the room pauses."""

    host_ips: Annotated[tuple[str, ...], NoDecode] = ()
    """Addresses to bind media to; empty: every interface's."""

    advertised: Annotated[tuple[str, ...], NoDecode] = ()
    """Public addresses to announce first; at most one per family."""

    port: int = Field(default=0, ge=0, le=65535)
    """UDP port; 0: any."""

    engine: Literal["auto", "native", "lean"] = "auto"
    """What forwards the packets; `auto`: native code where it is built, else plain Python."""

    loopback: bool = True
    """Also offer 127.0.0.1 and ::1, for browsers on the same machine."""

    berth: Path | None = None
    """Set by `serve` alone: the file that this worker holds locked while it lives."""

    log_level: str = "INFO"
    """`DEBUG`, `INFO`, `WARNING` or `ERROR`."""

    @field_validator("host_ips", "advertised", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @property
    def public_keys(self) -> tuple[bytes, bytes]:
        """The two keys, decoded."""
        return base64.b64decode(self.vault_public), base64.b64decode(self.supervisor_public)


def berths(settings: Settings) -> Path:
    """Folder of the files that living workers hold locked."""
    return settings.data / "workers"


def worker_environ(settings: Settings, keys: KeyStore, url: str, number: int) -> Mapping[str, str]:
    """The environment of the n-th (from 0) worker that `serve` starts."""
    vault_public, supervisor_public = keys.recording_public()
    values = {
        "url": url,
        "secret": keys.worker_secret,
        "vault_public": base64.b64encode(vault_public).decode(),
        "supervisor_public": base64.b64encode(supervisor_public).decode(),
        "spool": str(settings.spool.absolute()),
        "spool_second": str(settings.second_spool or ""),
        "host_ips": ",".join(settings.media_host_ips),
        "advertised": ",".join(settings.media_advertised),
        "port": str(settings.media_port + number if settings.media_port else 0),
        "berth": str((berths(settings) / f"{number}.lock").absolute()),
        "engine": settings.media_engine,
        "log_level": settings.log_level,
    }
    return {WORKER_PREFIX + name.upper(): value for name, value in values.items()}
