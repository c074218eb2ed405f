"""One service per module, without media workers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.signaling.town import Town, settled
from tests.support.service import running_service


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    environ = {"HESHI_WORKERS": "0", "HESHI_TRUSTED_PROXIES": "127.0.0.1", "HESHI_LOG_LEVEL": "WARNING"}
    with running_service(tmp_path_factory.mktemp("town"), **environ) as service, settled(service) as town:
        yield town
        complaints = [line for line in service.log.read_text().splitlines() if "Traceback" in line]
        assert not complaints, service.log.read_text()
