"""An S3 server for tests: moto's, as a process of its own on a loopback port."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.request import Request, urlopen

# Runs in the child: binds a free port first and prints it, so that nobody else can take it in between.
_SERVER = """
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()
print(port, flush=True)
sys.stdin.read()
server.stop()
"""


@dataclass(frozen=True)
class S3:
    """A running server that accepts any credentials."""

    endpoint: str
    access_key_id: str = "test"
    secret_access_key: str = "test"

    def create_bucket(self, name: str) -> str:
        """A new bucket; returns the blob store's address of it."""
        request = Request(f"{self.endpoint}/{name}", method="PUT", headers={"Authorization": self._credential()})
        with urlopen(request, timeout=30):
            return f"s3://{name}?endpoint={self.endpoint}&region=us-east-1"

    def _credential(self) -> str:
        scope = f"{self.access_key_id}/20260101/us-east-1/s3/aws4_request"
        return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=unchecked"


@contextmanager
def server() -> Iterator[S3]:
    """Start the server and end it with the block."""
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    process = subprocess.Popen(
        [sys.executable, "-c", _SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        text=True,
    )
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            port = process.stdout.readline().strip()
            if not port:
                raise RuntimeError("the S3 server did not start")
            yield S3(f"http://127.0.0.1:{port}")
        finally:
            process.stdin.close()
            process.wait(timeout=30)
