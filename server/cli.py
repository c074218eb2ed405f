"""The one program, `python -m server COMMAND`."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from formats.errors import HeshiError, Invalid
from server.settings import Settings, read_settings


class TooManyNamed(Invalid):
    """Only one case or PDF is checked at a time."""

    code = "verify.one"
    zh = "一次只能核验一个案件或一份文件。"
    en = "Only one case or PDF is checked at a time."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 0, or 1 after a plain sentence on the error stream."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    settings = read_settings()
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for chatty in ("aioice", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    try:
        return int(asked.run(asked, settings) or 0)
    except HeshiError as error:
        print(f"{error.zh} / {error.en} [{error.code}] {error.detail}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="heshi", description="和事室 Heshi: self-hosted video mediation rooms")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(
        name: str, run: Callable[[argparse.Namespace, Settings], object], help_: str
    ) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=help_)
        sub.set_defaults(run=run)
        return sub

    command("serve", _serve, "run the service")
    command("demo", _demo, "run the service with a sample case")
    command("worker", _worker, "run one media worker (told by HESHI_WORKER_…)")
    drain = command("drain", _drain, "move everybody off a media worker, which then ends: for upgrades")
    drain.add_argument("worker", help="its name as the log tells it, or: all")
    jobs = command("jobs", _jobs, "run the jobs process")
    jobs.add_argument("--server", type=int, metavar="PID", help="end with this process, which has started it")
    command("settings", _settings, "list every setting, its value and its meaning")
    command("reset-password", _reset, "give an officer a new one-time password").add_argument("username")
    unseal = command("unseal", _unseal, "open what an approved request names, with the supervisor's key, for a time")
    unseal.add_argument("request", help="the request's id, as the case page shows it")
    unseal.add_argument("--key", required=True, type=Path, help="supervisor.json, wherever it is kept")
    unseal.add_argument("--hours", type=int, default=72, help="how long it stays readable (72; 240 at most)")
    verify = command("verify", _verify, "check a case's timeline, a sealed PDF, or a recording")
    verify.add_argument("what", choices=["case", "pdf", "recording"])
    verify.add_argument("which", nargs="+", help="the case's number, the file, or a session's id or its journals")
    verify.add_argument("--receipt", action="append", default=[], help="a receipt kept elsewhere (text, or @file)")
    verify.add_argument("--manifest", type=Path, help="a recording's signed manifest")
    verify.add_argument("--timeline", type=Path, help="the case's exported timeline")
    verify.add_argument("--public-key", help="the installation's public key (hex) as known from elsewhere")
    verify.add_argument("--key", type=Path, help="a file with the recording's private key (hex): opens the journals")
    return parser


def _serve(_: argparse.Namespace, settings: Settings) -> None:
    from server.administer import welcome
    from server.serve import serve

    _loop(serve(settings, lambda house, address: welcome(house, address, settings)))


def _demo(_: argparse.Namespace, settings: Settings) -> None:
    from server.demo import announce
    from server.serve import serve

    _loop(serve(settings, lambda house, address: announce(house, address, settings)))


def _worker(_: argparse.Namespace, settings: Settings) -> None:
    from server.worker import run_worker
    from server.worker_settings import WorkerSettings

    _loop(run_worker(WorkerSettings()))


def _drain(asked: argparse.Namespace, settings: Settings) -> None:
    from server.draining import drain

    print(asyncio.run(drain(settings, asked.worker)))


def _jobs(asked: argparse.Namespace, settings: Settings) -> None:
    from server.jobs import run_jobs

    _loop(run_jobs(settings, asked.server))


def _settings(_: argparse.Namespace, settings: Settings) -> None:
    from server.settings import describe

    print(describe(settings))


def _reset(asked: argparse.Namespace, settings: Settings) -> int:
    from server.administer import reset_password

    return asyncio.run(reset_password(settings, asked.username))


def _unseal(asked: argparse.Namespace, settings: Settings) -> int:
    from server.unsealing import unseal

    return asyncio.run(unseal(settings, asked.request, asked.key, asked.hours))


def _verify(asked: argparse.Namespace, settings: Settings) -> int:
    if asked.what == "recording":
        return _verify_recording(asked, settings)
    from server.verifying import verify_case, verify_file

    if len(asked.which) > 1:
        raise TooManyNamed(asked.what)
    if asked.what == "pdf":
        return asyncio.run(verify_file(settings, Path(asked.which[0])))
    return asyncio.run(verify_case(settings, asked.which[0], asked.receipt))


def _verify_recording(asked: argparse.Namespace, settings: Settings) -> int:
    from server.verifying_recording import Papers, verify_files, verify_recording

    if len(asked.which) == 1 and asked.which[0].startswith(("ses_", "rec_")) and not Path(asked.which[0]).exists():
        return asyncio.run(verify_recording(settings, asked.which[0]))
    papers = Papers(asked.manifest, asked.timeline, asked.public_key, asked.key)
    return verify_files([Path(name) for name in asked.which], papers)


def _loop(main_: object) -> None:
    import uvloop

    uvloop.run(main_)  # type: ignore[arg-type]
