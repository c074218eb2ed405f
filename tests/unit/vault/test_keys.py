from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest

from formats.sealedbox import public_of
from vault.errors import KeysDamaged, KeysExposed
from vault.keys import MAIN_FILE, SUPERVISOR_FILE, KeyStore


def test_first_run_makes_private_files_and_later_runs_read_them(tmp_path: Path) -> None:
    first = KeyStore.open(tmp_path / "keys")
    for name in (MAIN_FILE, SUPERVISOR_FILE):
        assert (tmp_path / "keys" / name).stat().st_mode & 0o777 == 0o600
    again = KeyStore.open(tmp_path / "keys", create=False)
    assert (again.master, again.chain_private, again.worker_secret) == (
        first.master,
        first.chain_private,
        first.worker_secret,
    )
    assert again.recording_public() == (
        public_of(first.recording_private),
        public_of(KeyStore.open_supervisor(tmp_path / "keys")),
    )


def test_two_installations_share_nothing(tmp_path: Path) -> None:
    one, two = KeyStore.open(tmp_path / "a"), KeyStore.open(tmp_path / "b")
    assert one.master != two.master
    assert one.chain_public != two.chain_public
    assert one.worker_secret != two.worker_secret


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o620])
def test_a_file_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    KeyStore.open(tmp_path)
    (tmp_path / MAIN_FILE).chmod(mode)
    with pytest.raises(KeysExposed):
        KeyStore.open(tmp_path)


def test_opening_never_reads_the_supervisors_file(tmp_path: Path) -> None:
    KeyStore.open(tmp_path)
    (tmp_path / SUPERVISOR_FILE).write_text("gone to a safe")
    assert KeyStore.open(tmp_path).recording_public()
    with pytest.raises(KeysDamaged):
        KeyStore.open_supervisor(tmp_path)
    (tmp_path / SUPERVISOR_FILE).chmod(0o644)
    with pytest.raises(KeysExposed):
        KeyStore.open_supervisor(tmp_path)


def test_the_main_file_does_not_hold_the_supervisors_private_key(tmp_path: Path) -> None:
    store = KeyStore.open(tmp_path)
    private = KeyStore.open_supervisor(tmp_path)
    assert private not in store._values.values()


@pytest.mark.parametrize("content", ["", "{}", "[]", "null", '{"keys": {}, "sha256": ""}', "\ufffd"])
def test_a_damaged_file_is_refused_and_left_alone(tmp_path: Path, content: str) -> None:
    KeyStore.open(tmp_path)
    (tmp_path / MAIN_FILE).write_text(content)
    with pytest.raises(KeysDamaged):
        KeyStore.open(tmp_path)
    assert (tmp_path / MAIN_FILE).read_text() == content


def test_one_changed_character_is_noticed(tmp_path: Path) -> None:
    KeyStore.open(tmp_path)
    document = json.loads((tmp_path / MAIN_FILE).read_text())
    master = document["keys"]["master"]
    document["keys"]["master"] = ("B" if master[0] == "A" else "A") + master[1:]
    (tmp_path / MAIN_FILE).write_text(json.dumps(document))
    with pytest.raises(KeysDamaged):
        KeyStore.open(tmp_path)


def test_a_missing_file_is_not_made_anew(tmp_path: Path) -> None:
    KeyStore.open(tmp_path)
    (tmp_path / MAIN_FILE).unlink()
    with pytest.raises(KeysDamaged):
        KeyStore.open(tmp_path)
    with pytest.raises(KeysDamaged):
        KeyStore.open(tmp_path / "other", create=False)
    assert not (tmp_path / MAIN_FILE).exists()


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    KeyStore.open(tmp_path / "real")
    (tmp_path / "fake").mkdir()
    os.symlink(tmp_path / "real" / MAIN_FILE, tmp_path / "fake" / MAIN_FILE)
    with pytest.raises(KeysDamaged):
        KeyStore.open(tmp_path / "fake")


def test_a_named_secret_is_made_once_for_all_openers(tmp_path: Path) -> None:
    stores = [KeyStore.open(tmp_path) for _ in range(8)]
    found: list[bytes] = []
    threads = [
        threading.Thread(target=lambda store=store: found.append(store.get_or_create("ca", lambda: os.urandom(32))))
        for store in stores
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert KeyStore.open(tmp_path).get_or_create("ca", lambda: b"other") == found[0]
    with pytest.raises(ValueError, match="key store itself"):
        stores[0].get_or_create("master", lambda: b"mine")


def test_openers_at_once_agree_on_the_first_keys(tmp_path: Path) -> None:
    masters: list[bytes] = []
    threads = [threading.Thread(target=lambda: masters.append(KeyStore.open(tmp_path / "k").master)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(masters) == 8
    assert len(set(masters)) == 1
