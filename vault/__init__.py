"""Bytes and facts at rest: database, keys, encryption, hash chain, blobs, jobs."""

from vault.blobs import BlobStore
from vault.cipher import Cipher
from vault.database import Database, Transaction
from vault.jobs import Jobs
from vault.keys import KeyStore
from vault.timeline import Timeline
from vault.utc import Clock, SystemClock

__all__ = ["BlobStore", "Cipher", "Clock", "Database", "Jobs", "KeyStore", "SystemClock", "Timeline", "Transaction"]
