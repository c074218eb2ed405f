"""Settings: unknown names refused, secrets not shown, workers told no private key."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from server.serve import worker_process_environ
from server.settings import Settings, UnknownSetting, describe, read_settings
from server.wiring import ROOT
from server.worker_settings import WorkerSettings, worker_environ
from vault import KeyStore


@pytest.mark.parametrize("name", ["HESHI_DATABSE", "HESHI_", "HESHI_PORTS"])
def test_a_typing_error_does_not_pass(name: str) -> None:
    with pytest.raises(UnknownSetting, match=name):
        read_settings({name: "x"})


def test_other_programs_names_are_no_business_of_ours() -> None:
    read_settings({"PATH": "x", "HESHI_PORT": "1", "HESHI_CHROMIUM": "x", "HESHI_WORKER_URL": "x"})


@pytest.mark.parametrize(
    ("name", "value"),
    [("HESHI_PORT", "65536"), ("HESHI_PORT", "x"), ("HESHI_LINK_HOURS", "0"), ("HESHI_WORKERS", "-1")],
)
def test_values_out_of_bounds(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError):
        read_settings()


def test_a_list_is_split_at_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HESHI_TRUSTED_PROXIES", "10.0.0.1, ::1 ,")
    assert read_settings().trusted_proxies == ("10.0.0.1", "::1")


TURN = ("turn:turn.example", "turn:[2001:db8::1]:3478?transport=udp", "turns:turn.example:443?transport=tcp")


def test_turn_is_whole_or_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HESHI_TURN", ", ".join(TURN))
    with pytest.raises(ValidationError, match="belong together"):
        read_settings()
    monkeypatch.setenv("HESHI_TURN_SECRET", "4711-secret")
    assert read_settings().turn == TURN
    monkeypatch.delenv("HESHI_TURN")
    with pytest.raises(ValidationError, match="belong together") as refused:
        read_settings()
    assert "4711" not in str(refused.value)
    monkeypatch.delenv("HESHI_TURN_SECRET")
    monkeypatch.setenv("HESHI_MEDIA_RELAY_ONLY", "1")
    with pytest.raises(ValidationError, match="needs turn"):
        read_settings()


@pytest.mark.parametrize("url", ["turn.example", "stun:turn.example", "turn://turn.example", "turn:a?transport=sctp"])
def test_what_is_no_turn_address_is_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("HESHI_TURN", url)
    monkeypatch.setenv("HESHI_TURN_SECRET", "x")
    with pytest.raises(ValidationError, match="not a TURN address"):
        read_settings()


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("198.51.100.7", ("198.51.100.7",)),
        ("198.51.100.7,2001:DB8::0007", ("198.51.100.7", "2001:db8::7")),
        ("198.51.100.7,198.51.100.8", None),
        ("2001:db8::7,2001:db8::8", None),
        ("turn.example", None),
        ("[2001:db8::7]", None),
    ],
)
def test_one_public_address_of_each_family(
    monkeypatch: pytest.MonkeyPatch, given: str, taken: tuple[str, ...] | None
) -> None:
    monkeypatch.setenv("HESHI_MEDIA_ADVERTISED", given)
    if taken is None:
        with pytest.raises(ValidationError):
            read_settings()
    else:
        assert read_settings().media_advertised == taken


def test_every_setting_is_described_and_passwords_are_not_shown() -> None:
    settings = Settings(
        database="postgresql://heshi:4711-secret@db:5432/heshi",
        blobs="s3://id:4711-key@bucket",
        turn=TURN,
        turn_secret=SecretStr("4711-turn"),
    )
    text = describe(settings)
    for name in Settings.model_fields:
        assert f"HESHI_{name.upper()}=" in text
    assert "4711" not in text
    assert "postgresql://heshi:…@db:5432/heshi" in text


def test_workers_are_told_no_private_key(tmp_path: Path) -> None:
    keys = KeyStore.open(tmp_path / "keys")
    settings = Settings(data=tmp_path, media_port=40_000, media_host_ips=("10.0.0.1", "10.0.0.2"))
    environ = worker_environ(settings, keys, "http://127.0.0.1:1", 2)
    assert all(name.startswith("HESHI_WORKER_") for name in environ)
    assert environ["HESHI_WORKER_PORT"] == "40002"
    stored = [
        entry for file in (tmp_path / "keys").glob("*.json") for entry in json.loads(file.read_text())["keys"].items()
    ]
    secrets = [value for name, value in stored if name not in ("worker", "supervisor_public")]
    assert len(secrets) >= 3
    for secret in secrets:
        assert not any(secret in value or value in secret for value in environ.values() if len(value) > 8)


def test_workers_are_not_told_where_the_database_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HESHI_DATABASE", "postgresql://heshi:4711@db/heshi")
    monkeypatch.setenv("PATH", "/usr/bin")
    told = worker_process_environ({"HESHI_WORKER_URL": "x"}, "INFO")
    assert told["PATH"] == "/usr/bin"
    assert [name for name in told if name.startswith("HESHI_")] == ["HESHI_LOG_LEVEL", "HESHI_WORKER_URL"]


def test_a_worker_reads_what_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = KeyStore.open(tmp_path / "keys")
    settings = Settings(data=tmp_path, media_host_ips=("10.0.0.1",), media_advertised=("198.51.100.7", "2001:db8::7"))
    for name, value in worker_environ(settings, keys, "http://127.0.0.1:1", 0).items():
        monkeypatch.setenv(name, value)
    told = WorkerSettings()
    assert told.public_keys == keys.recording_public()
    assert told.host_ips == ("10.0.0.1",)
    assert told.advertised == ("198.51.100.7", "2001:db8::7")
    assert told.secret == keys.worker_secret


def test_the_program_says_in_one_sentence_what_is_wrong() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "server", "settings"],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "HESHI_DATABSE": "x"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("unknown setting: HESHI_DATABSE")
    assert "Traceback" not in done.stderr
