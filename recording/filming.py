"""The order to make a sitting's film, in the transaction of its cause."""

from __future__ import annotations

from typing import Final

from recording import filmstore
from vault import Jobs, Transaction

JOB_KIND: Final = "composite"


async def order(tx: Transaction, jobs: Jobs, case_id: str, session_id: str, started_at: str | None) -> None:
    """Have the film of a closed sitting made, or made anew; without a start only where it was ordered before."""
    composite_id = await filmstore.order(tx, case_id, session_id, started_at)
    if composite_id is not None:
        await jobs.add(tx, JOB_KIND, {"composite_id": composite_id}, case_id=case_id)
