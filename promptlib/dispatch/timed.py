"""A time limit for each single read and write of a socket, for HTTP in threads."""

from __future__ import annotations

import threading
import time
from typing import Any

__all__ = ["LIMIT", "bound"]

# The moment until which the current thread may wait for its socket.
LIMIT = threading.local()


def bound(transport: Any) -> Any:
    """Makes a transport for threads ask for the time left at each single read and write.

    The library gives the time-out that it was first told to every read of a response, so that a
    server which sends a byte now and then could go on for ever.
    """
    pool = transport._pool  # noqa: SLF001  # no public way; held by a test for both libraries
    if hasattr(pool, "handle_request"):
        pool._network_backend = _TimedBackend(pool._network_backend)  # noqa: SLF001  # as above
    return transport


def _left(given: float | None) -> float:
    # 0 would make the socket non-blocking, and what is over must time out instead.
    left: float = max(LIMIT.until - time.monotonic(), 0.001)
    return left if given is None else min(left, given)


class _TimedBackend:
    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, **options: Any) -> Any:
        return _TimedStream(self._inner.connect_tcp(host, port, timeout=_left(timeout), **options))

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)


class _TimedStream:
    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> Any:
        return self._inner.read(max_bytes, _left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # In pieces, since each of the inner writes may take the whole time it is given.
        for start in range(0, len(buffer), 1 << 16):
            self._inner.write(buffer[start : start + (1 << 16)], _left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(self, ssl_context: Any, server_hostname: Any = None, timeout: float | None = None) -> Any:
        return _TimedStream(self._inner.start_tls(ssl_context, server_hostname, _left(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
