"""Time-limited TURN credentials, in the form that coturn's `use-auth-secret` checks without asking anybody.

The user name is the time it runs out (seconds since 1970) and a name for the user; the password is
base64(HMAC-SHA1(secret, user name)): draft-uberti-behave-turn-rest-00, section 2.2. A password cannot be taken back
before its time, so it is given to admitted seats only.
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class TurnCredential:
    """What a browser shows to the TURN server."""

    username: str
    password: str


@dataclass(frozen=True, slots=True)
class Turn:
    """The TURN servers of this installation. `lifetime_s`: seconds that a credential is good for, at least.

    `relay_only`: browsers are to send media through TURN alone.
    """

    urls: tuple[str, ...]
    secret: str = field(repr=False)
    lifetime_s: int
    relay_only: bool = False

    def credential(self, endpoint: str, now_s: float) -> TurnCredential:
        """The device's credential now: the same for half a lifetime, then another.

        So a snapshot changes, and the browser hears of it, only when there is something new to hear; what it holds is
        always good for a whole lifetime more. The user name travels in the clear: it names nobody.
        """
        step = max(1, self.lifetime_s // 2)
        expires = (int(now_s) // step + 1) * step + self.lifetime_s
        username = f"{expires}:{self._signed('sha256', endpoint).hex()[:16]}"
        return TurnCredential(username, base64.b64encode(self._signed("sha1", username)).decode())

    def _signed(self, algorithm: str, text: str) -> bytes:
        return hmac.digest(self.secret.encode(), text.encode(), algorithm)
