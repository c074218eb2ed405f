"""Many datagrams per system call, each with the kernel's time of its arrival (recvmmsg, SO_TIMESTAMPNS)."""

from __future__ import annotations

import socket
import struct

import cffi  # type: ignore[import-untyped]  # its stubs are not worth a dependency

SIZE = 64
STRIDE = 2048
SO_TIMESTAMPNS = 35
_CONTROL = 32  # one control message with one timespec

_ffi = cffi.FFI()
_ffi.cdef("""
struct iovec { void *iov_base; size_t iov_len; };
struct msghdr { void *msg_name; unsigned int msg_namelen; struct iovec *msg_iov; size_t msg_iovlen;
                void *msg_control; size_t msg_controllen; int msg_flags; };
struct mmsghdr { struct msghdr msg_hdr; unsigned int msg_len; };
int recvmmsg(int fd, struct mmsghdr *vec, unsigned int count, int flags, void *timeout);
""")
_libc = _ffi.dlopen(None)
_timespec = struct.Struct("qq").unpack_from
_length = struct.Struct("I").unpack_from
_HEADER = _ffi.sizeof("struct mmsghdr")
_LENGTH_AT = _ffi.offsetof("struct mmsghdr", "msg_len")


def prepare(sock: socket.socket) -> None:
    """Let a socket tell arrival times, and keep 4 MB where the kernel allows it."""
    sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)


class Batch:
    """Buffers for up to SIZE datagrams; the n-th begins at n × STRIDE of `data`."""

    def __init__(self) -> None:
        self.data = bytearray(SIZE * STRIDE)
        self._control = bytearray(SIZE * _CONTROL)
        self._held = [_ffi.from_buffer(self.data), _ffi.from_buffer(self._control)]
        self._vectors = _ffi.new("struct iovec[]", SIZE)
        self._messages = _ffi.new("struct mmsghdr[]", SIZE)
        for number in range(SIZE):
            self._vectors[number].iov_base = self._held[0] + number * STRIDE
            self._vectors[number].iov_len = STRIDE
            header = self._messages[number].msg_hdr
            header.msg_iov, header.msg_iovlen = self._vectors + number, 1
            header.msg_control, header.msg_controllen = self._held[1] + number * _CONTROL, _CONTROL
        self._fresh = _ffi.buffer(self._messages)[:]
        self._view = _ffi.buffer(self._messages)

    def read(self, fd: int) -> int:
        """Receive what is there; how many datagrams."""
        count: int = _libc.recvmmsg(fd, self._messages, SIZE, socket.MSG_DONTWAIT, _ffi.NULL)
        return max(0, count)

    def length(self, number: int) -> int:
        """Bytes of the n-th datagram of the last read."""
        size: int = _length(self._view, number * _HEADER + _LENGTH_AT)[0]
        return size

    def arrival_ns(self, number: int) -> int:
        """When it reached the kernel, in nanoseconds of `time.time_ns`."""
        seconds, nanoseconds = _timespec(self._control, number * _CONTROL + 16)
        return int(seconds * 1_000_000_000 + nanoseconds)

    def renew(self, count: int) -> None:
        """Make the first `count` entries ready to receive again: the kernel wrote sizes into them."""
        size = count * _HEADER
        self._view[0:size] = self._fresh[0:size]
