"""What SRTP alone costs in each side's own libsrtp, on the sizes that were really sent.

Both libraries are called in the same way (cffi on the C functions) in a loop on one packet; the loop's own cost is
taken off by a call that libsrtp refuses at once for its length. AES-CM-128 with an 80-bit HMAC-SHA1 tag, as negotiated.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import cffi  # type: ignore[import-untyped]  # its stubs are not worth a dependency
from pylibsrtp import _binding

from bench.relay.conditions import Figures

SIZES = (100, 1150)
KEY = bytes(range(30))
LOOPS, ROUNDS = 20_000, 5
TAG = 10
DEBIAN = "libsrtp2.so.1"

_ffi = cffi.FFI()
_ffi.cdef("""
typedef struct srtp_ctx_t_ *srtp_t;
typedef struct { int type; unsigned int value; } srtp_ssrc_t;
typedef struct { int cipher_type; int cipher_key_len; int auth_type; int auth_key_len; int auth_tag_len;
                 int sec_serv; } srtp_crypto_policy_t;
typedef struct srtp_policy_t { srtp_ssrc_t ssrc; srtp_crypto_policy_t rtp; srtp_crypto_policy_t rtcp;
    unsigned char *key; void *keys; unsigned long num_master_keys; void *deprecated_ekt; unsigned long window_size;
    int allow_repeat_tx; int *enc_xtn_hdr; int enc_xtn_hdr_count; struct srtp_policy_t *next; } srtp_policy_t;
int srtp_init(void);
int srtp_create(srtp_t *session, const srtp_policy_t *policy);
int srtp_dealloc(srtp_t session);
void srtp_crypto_policy_set_rtp_default(srtp_crypto_policy_t *p);
int srtp_protect(srtp_t ctx, void *rtp_hdr, int *len_ptr);
int srtp_unprotect(srtp_t ctx, void *srtp_hdr, int *len_ptr);
const char *srtp_get_version_string(void);
""")
"""libsrtp 2's public interface (include/srtp.h)."""


@dataclass(frozen=True, slots=True)
class Costs:
    """Microseconds of `protect` and `unprotect` at the two SIZES, and whose library it is."""

    library: str
    protect: tuple[float, float]
    unprotect: tuple[float, float]

    def per_forwarded_us(self, run: Figures) -> float:
        """SRTP's share of a run's CPU per forwarded packet."""
        total = 0.0
        for kind in ("audio", "video"):
            total += self._at(self.unprotect, run.packets_in[kind], run.bytes_in[kind])
            total += self._at(self.protect, run.packets_out[kind], run.bytes_out[kind])
        return total / max(1, run.forwarded)

    def _at(self, costs: tuple[float, float], packets: int, octets: int) -> float:
        """Cost of so many packets: linear in their size."""
        slope = (costs[1] - costs[0]) / (SIZES[1] - SIZES[0])
        return packets * costs[0] + (octets - packets * SIZES[0]) * slope


def bundled() -> Costs:
    """The libsrtp inside pylibsrtp, which Heshi and MediaRelay use."""
    return _measure("the one inside pylibsrtp (OpenSSL)", _binding.lib, _binding.ffi)


def debian() -> Costs:
    """Debian's, which Janus uses. Raises OSError when it is not installed."""
    library = _ffi.dlopen(DEBIAN)
    library.srtp_init()
    version = _ffi.string(library.srtp_get_version_string()).decode()
    return _measure(f"Debian's {version} (NSS)", library, _ffi)


def _measure(name: str, library: Any, ffi: Any) -> Costs:
    policy = ffi.new("srtp_policy_t *")
    library.srtp_crypto_policy_set_rtp_default(ffi.addressof(policy, "rtp"))
    library.srtp_crypto_policy_set_rtp_default(ffi.addressof(policy, "rtcp"))
    key = ffi.new("unsigned char[]", KEY)
    policy.key, policy.window_size = key, 128
    found = [_one(library, ffi, policy, size) for size in SIZES]
    return Costs(name, (found[0][0], found[1][0]), (found[0][1], found[1][1]))


def _one(library: Any, ffi: Any, policy: Any, size: int) -> tuple[float, float]:
    best = [float("inf")] * 3
    plain = bytearray(size)
    plain[0], plain[1] = 0x80, 96
    for _ in range(ROUNDS):
        policy.ssrc.type = 3  # any outbound
        sender = ffi.new("srtp_t *")
        assert library.srtp_create(sender, policy) == 0
        policy.ssrc.type = 2  # any inbound
        receiver = ffi.new("srtp_t *")
        assert library.srtp_create(receiver, policy) == 0
        packets = []
        for number in range(LOOPS):
            plain[2:4] = (number & 0xFFFF).to_bytes(2, "big")
            packets.append(ffi.new("char[]", bytes(plain) + bytes(32)))
        for kind, (function, session, length) in enumerate(
            (
                (library.srtp_protect, sender[0], size),
                (library.srtp_unprotect, receiver[0], size + TAG),
                (library.srtp_protect, sender[0], 4),
            )
        ):
            best[kind] = min(best[kind], _loop(function, session, packets, ffi, length))
        library.srtp_dealloc(sender[0])
        library.srtp_dealloc(receiver[0])
    return best[0] - best[2], best[1] - best[2]


def _loop(function: Any, session: Any, packets: list[Any], ffi: Any, length: int) -> float:
    """CPU-microseconds per call."""
    size = ffi.new("int *")
    refused = 0
    begun = time.thread_time()
    for packet in packets:
        size[0] = length
        refused += function(session, packet, size) != 0
    took = time.thread_time() - begun
    assert refused == (len(packets) if length < 12 else 0)
    return took / len(packets) * 1e6
