"""One frozen tree of settings, read once from the environment (`HESHI_…`); unknown names are refused."""

from __future__ import annotations

import inspect
import os
import re
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX = "HESHI_"
WORKER_PREFIX = "HESHI_WORKER_"
FOR_TOOLS = {"HESHI_CHROMIUM"}
"""Names that the tests and scripts read, not the service."""

TURN_URL = re.compile(r"turns?:([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?(\?transport=(udp|tcp))?")
"""RFC 7065, without the escapes that host names never need."""


class UnknownSetting(SystemExit):
    """A `HESHI_…` variable that no setting has: a typing error must not pass silently."""


class Settings(BaseSettings):
    """Everything that can be set. Each field is one environment variable, e.g. `HESHI_DATA`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid", hide_input_in_errors=True)

    data: Path = Path("data")
    """Folder of the embedded database, keys, blobs and the recording spool."""

    spool_second: str = ""
    """A second folder for recording journals, best on another disk: used where the first one fails; empty: none."""

    database: str = ""
    """`postgresql://…` or `sqlite:///…`; empty: SQLite in the data folder."""

    blobs: str = ""
    """`s3://bucket?endpoint=…` or `file:///…`; empty: a folder in the data folder."""

    host: str = "127.0.0.1"
    """Address to listen on."""

    port: int = Field(default=8080, ge=0, le=65535)
    """TCP port of pages, API and Socket.IO."""

    public_url: str = ""
    """How browsers reach the service, e.g. `https://heshi.example`; empty: `http://localhost:PORT`."""

    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = ()
    """Addresses whose `X-Forwarded-For` is believed (comma-separated); nobody's by default."""

    workers: int = Field(default_factory=lambda: min(4, os.cpu_count() or 1), ge=0, le=64)
    """Media workers started as child processes; 0 where workers run elsewhere."""

    media_host_ips: Annotated[tuple[str, ...], NoDecode] = ()
    """Addresses that media sockets bind to (comma-separated); empty: every interface's."""

    media_advertised: Annotated[tuple[str, ...], NoDecode] = ()
    """Public addresses to announce first (1:1 NAT): one IPv4, one IPv6 or both, comma-separated."""

    media_engine: Literal["auto", "native", "lean"] = "auto"
    """What forwards the packets: `native`, `lean` (plain Python), or `auto`: native where it is built."""

    media_port: int = Field(default=0, ge=0, le=65535)
    """First UDP port; worker n uses port + n, and up to twice as many are used while workers are replaced. 0: any."""

    turn: Annotated[tuple[str, ...], NoDecode] = ()
    """TURN servers for browsers whose network lets no UDP through (comma-separated), e.g.
    `turn:turn.example:3478,turns:turn.example:443?transport=tcp`; empty: none."""

    turn_secret: SecretStr = SecretStr("")
    """The TURN server's shared secret (coturn: `use-auth-secret`, `static-auth-secret`)."""

    turn_hours: int = Field(default=12, ge=1, le=168)
    """How long a TURN credential is good for at least; a room that is open longer gets new ones in time."""

    media_relay_only: bool = False
    """Send all media through TURN: for stations whose firewall passes nothing else."""

    organ: str = Field(default="未命名机关", min_length=1, max_length=100)
    """Name of the root organ, used once: when `serve` makes the first administrator."""

    link_hours: int = Field(default=72, ge=1, le=720)
    """How long a party's link stays valid."""

    archive_hours: float = Field(default=24.0, ge=0, le=8760)
    """So long after a sitting its journals stay in the local spool; then they move to the blob store."""

    station_zone: str = "Asia/Shanghai"
    """Time zone in which people and documents read times."""

    metrics_token: SecretStr = SecretStr("")
    """Bearer token with which a monitoring system may read `/metrics` (16 characters at least); empty: nobody may."""

    log_level: str = "INFO"
    """`DEBUG`, `INFO`, `WARNING` or `ERROR`."""

    @field_validator("trusted_proxies", "media_host_ips", "media_advertised", "turn", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("media_host_ips", "media_advertised")
    @classmethod
    def _addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(str(ip_address(one)) for one in value)

    @field_validator("media_advertised")
    @classmethod
    def _one_per_family(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len({":" in one for one in value}) < len(value):
            raise ValueError("one IPv4 and one IPv6 address at most")
        return value

    @field_validator("metrics_token")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if 0 < len(value.get_secret_value()) < 16:
            raise ValueError("16 characters at least")
        return value

    @field_validator("turn")
    @classmethod
    def _turn_urls(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            if not TURN_URL.fullmatch(one):
                raise ValueError(f"not a TURN address: {one}")
        return value

    @model_validator(mode="after")
    def _turn_whole(self) -> Settings:
        if bool(self.turn) != bool(self.turn_secret.get_secret_value()):
            raise ValueError("turn and turn_secret belong together")
        if self.media_relay_only and not self.turn:
            raise ValueError("media_relay_only needs turn")
        return self

    @property
    def database_url(self) -> str:
        """The database, with the embedded default filled in."""
        return self.database or f"sqlite:///{(self.data / 'heshi.db').absolute()}"

    @property
    def blobs_url(self) -> str:
        """The blob store, with the embedded default filled in."""
        return self.blobs or (self.data / "blobs").absolute().as_uri()

    @property
    def spool(self) -> Path:
        """Where workers write journals."""
        return self.data / "spool"

    @property
    def second_spool(self) -> Path | None:
        """Where they write journals when that folder fails."""
        return Path(self.spool_second).absolute() if self.spool_second else None

    @property
    def base_url(self) -> str:
        """How browsers reach the service."""
        return (self.public_url or f"http://localhost:{self.port}").rstrip("/")


def read_settings(environ: dict[str, str] | None = None) -> Settings:
    """Read the settings once. Raises `UnknownSetting` for a name nobody knows, `ValidationError` for a bad value."""
    known = {PREFIX + name.upper() for name in Settings.model_fields} | FOR_TOOLS
    names = set(environ if environ is not None else os.environ)
    unknown = sorted(
        name for name in names if name.startswith(PREFIX) and not name.startswith(WORKER_PREFIX) and name not in known
    )
    if unknown:
        raise UnknownSetting(f"unknown setting: {', '.join(unknown)} (known: {', '.join(sorted(known))})")
    return Settings()


def describe(settings: Settings) -> str:
    """Every setting with its value and meaning, one block each."""
    source = inspect.getsource(Settings)
    blocks = []
    for name in Settings.model_fields:
        meaning = re.search(rf"^    {name}: .*?\n    \"\"\"(.*?)\"\"\"", source, re.DOTALL | re.MULTILINE)
        assert meaning is not None, name
        text = " ".join(meaning.group(1).split())
        blocks.append(f"{PREFIX}{name.upper()}={_shown(getattr(settings, name))}\n    {text}")
    return "\n".join(blocks)


def _shown(value: object) -> str:
    text = ",".join(value) if isinstance(value, tuple) else str(value)
    return re.sub(r"(://[^:/@]*:)[^@]*@", r"\1…@", text)
