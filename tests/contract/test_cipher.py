"""Encryption per subject in both databases: bound to its place, erasable, never lost by a rollback."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.clock import ManualClock
from vault import Cipher, Database, KeyStore, Transaction
from vault.errors import Erased, Unreadable

SECRET = "身份证号 11010519491231002X"


async def sealed(db: Database, cipher: Cipher, subject: str = "party_1", purpose: str = "id_number") -> bytes:
    return await db.transact(lambda tx: cipher.encrypt_text(tx, subject, SECRET, purpose))


async def opened(
    db: Database, cipher: Cipher, data: bytes, subject: str = "party_1", purpose: str = "id_number"
) -> str:
    return await db.read(lambda tx: cipher.decrypt_text(tx, subject, data, purpose))


async def test_another_process_reads_what_one_wrote(db: Database, cipher: Cipher, keys: KeyStore) -> None:
    data = await sealed(db, cipher)
    assert SECRET.encode() not in data
    assert await opened(db, cipher, data) == SECRET
    assert await opened(db, Cipher(keys), data) == SECRET


async def test_json_comes_back_exactly(db: Database, cipher: Cipher) -> None:
    # U+F9DC would become U+9686 under normalisation: a name is not ours to change.
    value = {"name": "\uf9dc\U0002c34e·㛃", "parts": [1, None, True]}
    data = await db.transact(lambda tx: cipher.encrypt_json(tx, "party_1", value, "p"))
    assert await db.read(lambda tx: cipher.decrypt_json(tx, "party_1", data, "p")) == value


@pytest.mark.parametrize("moved", [{"subject": "party_2"}, {"purpose": "phone"}])
async def test_a_value_moved_elsewhere_does_not_open(db: Database, cipher: Cipher, moved: dict[str, str]) -> None:
    data = await sealed(db, cipher)
    await sealed(db, cipher, subject="party_2")
    with pytest.raises(Unreadable):
        await opened(db, cipher, data, **moved)


@pytest.mark.parametrize("position", [0, 5, 20, -1])
async def test_a_changed_byte_is_found(db: Database, cipher: Cipher, position: int) -> None:
    data = bytearray(await sealed(db, cipher))
    data[position] ^= 1
    with pytest.raises(Unreadable):
        await opened(db, cipher, bytes(data))


async def test_unknown_subjects_and_other_master_keys_open_nothing(
    db: Database, cipher: Cipher, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = await sealed(db, cipher)
    with pytest.raises(Unreadable):
        await opened(db, cipher, data, subject="party_none")
    stranger = Cipher(KeyStore.open(tmp_path_factory.mktemp("other")))
    with pytest.raises(Unreadable):
        await opened(db, stranger, data)


async def test_erasing_is_final_for_everyone(db: Database, cipher: Cipher, keys: KeyStore) -> None:
    data = await sealed(db, cipher)
    await db.transact(lambda tx: cipher.erase(tx, "party_1"))
    await db.transact(lambda tx: cipher.erase(tx, "party_1"))
    for each in (cipher, Cipher(keys)):
        with pytest.raises(Erased):
            await opened(db, each, data)
        with pytest.raises(Erased):
            await sealed(db, each)
    other = await sealed(db, cipher, subject="party_2")
    assert await opened(db, cipher, other, subject="party_2") == SECRET


async def test_erasing_before_the_first_use_bars_it(db: Database, cipher: Cipher) -> None:
    await db.transact(lambda tx: cipher.erase(tx, "party_1"))
    with pytest.raises(Erased):
        await sealed(db, cipher)


async def test_erasing_is_felt_within_its_own_transaction(db: Database, cipher: Cipher) -> None:
    async def fn(tx: Transaction) -> None:
        await cipher.encrypt(tx, "party_1", b"x", "p")
        await cipher.erase(tx, "party_1")
        await cipher.encrypt(tx, "party_1", b"x", "p")

    with pytest.raises(Erased):
        await db.transact(fn)


async def test_an_erasure_rolled_back_did_not_happen(db: Database, cipher: Cipher) -> None:
    data = await sealed(db, cipher)

    async def fn(tx: Transaction) -> None:
        await cipher.erase(tx, "party_1")
        raise LookupError

    with pytest.raises(LookupError):
        await db.transact(fn)
    assert await opened(db, cipher, data) == SECRET


async def test_a_key_rolled_back_is_not_used_again(db: Database, cipher: Cipher, keys: KeyStore) -> None:
    async def fn(tx: Transaction) -> None:
        await cipher.encrypt(tx, "party_1", b"x", "p")
        raise LookupError

    with pytest.raises(LookupError):
        await db.transact(fn)
    data = await sealed(db, cipher)
    assert await opened(db, Cipher(keys), data) == SECRET


async def test_first_uses_at_once_share_one_key(db: Database, keys: KeyStore, clock: ManualClock) -> None:
    writers = [Cipher(keys, clock) for _ in range(8)]
    made = await asyncio.gather(*(sealed(db, writer) for writer in writers))
    reader = Cipher(keys, clock)
    assert [await opened(db, reader, data) for data in made] == [SECRET] * 8
