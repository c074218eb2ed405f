"""The one place where the parts of the house are joined."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from agreements import Agreements, Authority, FontChain, default_folders
from cases import Cases, ConsoleNotices, Officers
from recording import Archive, Composites, Evidence, Keeping, Opening, Recordings, Spools, Unsealings
from recording.keeping import Derived
from rooms import Rooms
from rooms.entry import Entry
from rooms.ledger import QualityLedger
from server.guards import SealedBeforeAgreed
from server.scripts import CaseScripts
from server.settings import Settings
from signaling.services import Services
from signaling.turn import Turn
from vault import BlobStore, Cipher, Database, Jobs, KeyStore, SystemClock, Timeline
from vault.objects import ObjectStore

ROOT = Path(__file__).resolve().parent.parent
KEYS = "keys"


@dataclass(frozen=True, slots=True)
class House:
    """Everything opened: the services, and what the commands of the command line need beside them."""

    services: Services
    keys: KeyStore
    cipher: Cipher
    jobs: Jobs
    authority: Authority
    opening: Opening
    archive: Archive


@asynccontextmanager
async def open_house(settings: Settings) -> AsyncIterator[House]:
    """Open keys, database and blobs, join all parts; closed again at the end. Expects a migrated database."""
    keys = await asyncio.to_thread(KeyStore.open, settings.data / KEYS)
    db = await Database.open(settings.database_url)
    try:
        yield await _join(settings, keys, db)
    finally:
        await db.close()


async def _join(settings: Settings, keys: KeyStore, db: Database) -> House:
    clock = SystemClock()
    cipher = Cipher(keys, clock)
    timeline = Timeline(cipher, keys, clock)
    jobs = Jobs(db, clock)
    blobs = BlobStore(settings.blobs_url, keys)
    spools = Spools(settings.spool, settings.second_spool)
    rooms = Rooms(cipher, timeline, clock, db)
    authority = Authority(keys)
    fonts = await asyncio.to_thread(FontChain, default_folders(ROOT))
    agreements = Agreements(db, cipher, timeline, blobs, fonts, authority, clock)
    cases = Cases(cipher, timeline, clock, rooms, [rooms, SealedBeforeAgreed(agreements)])
    archive = Archive(db, ObjectStore(settings.blobs_url), clock, spools, settings.archive_hours)
    unsealings = Unsealings(db, cases, cipher, timeline, blobs, clock, spools, archive.bring)
    recordings = Recordings(db, blobs, jobs, timeline, keys, clock, spools, archive.bring)
    scripts = CaseScripts(db, rooms, timeline)
    composites = Composites(db, blobs, jobs, timeline, keys, spools, scripts, fonts.files, archive.bring)
    derived: list[Derived] = [unsealings, composites, recordings.lanes, archive]
    services = Services(
        db=db,
        clock=clock,
        timeline=timeline,
        blobs=blobs,
        officers=Officers(db, timeline, clock),
        cases=cases,
        notices=ConsoleNotices(cipher, timeline, clock),
        rooms=rooms,
        entry=Entry(rooms, cipher, keys, clock, db),
        recordings=recordings,
        composites=composites,
        unsealings=unsealings,
        keeping=Keeping(db, cases, cipher, timeline, blobs, jobs, clock, spools, derived),
        evidence=Evidence(db, cipher, timeline, keys, clock, spools),
        agreements=agreements,
        ledger=QualityLedger(db, cipher, timeline, clock),
        spools=spools,
        link_hours=settings.link_hours,
        secure_cookies=settings.base_url.startswith("https://"),
        trusted_proxies=settings.trusted_proxies,
        metrics_token=settings.metrics_token.get_secret_value(),
        turn=_turn(settings),
    )
    opening = Opening(db, cipher, timeline, clock, jobs, spools, archive.bring)
    return House(services, keys, cipher, jobs, authority, opening, archive)


def _turn(settings: Settings) -> Turn | None:
    if not settings.turn:
        return None
    secret = settings.turn_secret.get_secret_value()
    return Turn(settings.turn, secret, settings.turn_hours * 3600, settings.media_relay_only)


def near_url(settings: Settings, port: int) -> str:
    """How processes on this machine reach the server."""
    near = "127.0.0.1" if settings.host in ("0.0.0.0", "::", "") else settings.host  # noqa: S104
    return f"http://{f'[{near}]' if ':' in near else near}:{port}"
