"""Many small pools of connections, handed out last in first out, whatever library they are of."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar
from urllib.parse import urlsplit

from promptlib.dispatch.routes import is_loopback

__all__ = ["CONNECTIONS_A_POOL", "Pools", "Seat"]

CONNECTIONS_A_POOL = 4

Pool = TypeVar("Pool")


class Seat(Generic[Pool]):
    """A place in a small pool, for requests that go through one proxy or none."""

    def __init__(self, transport: Pool, proxy: str | None) -> None:
        self.transport = transport
        self.proxy = proxy


class Pools(Generic[Pool]):
    """Seats in a last-in-first-out list: the same few connections are used as long as they do.

    `make` gives a pool that goes through a proxy, or through none; `home` says where its sockets
    belong, so that a forked child or another event loop starts with none.
    """

    def __init__(self, make: Callable[[str | None], Pool], home: Callable[[], object]) -> None:
        self._make = make
        self._home_of = home
        self._home: object = None
        self._lock = Lock()
        self._free: dict[str | None, list[Seat[Pool]]] = {}
        self._all: list[Pool] = []

    def take(self, url: str) -> Seat[Pool]:
        """A seat for a request to `url`; never waits."""
        home = self._home_of()
        if home != self._home:
            self._home, self._free, self._all = home, {}, []
        proxy = _proxy(url)
        with self._lock:
            free = self._free.setdefault(proxy, [])
            if not free:
                pool = self._make(proxy)
                self._all.append(pool)
                free += [Seat(pool, proxy) for _ in range(CONNECTIONS_A_POOL)]
            return free.pop()

    def give(self, seat: Seat[Pool]) -> None:
        """Takes a seat back, unless its pool has been drained meanwhile."""
        if seat.transport in self._all:
            self._free.setdefault(seat.proxy, []).append(seat)

    def drain(self) -> list[Pool]:
        """All pools, to be closed; the next request starts with none."""
        found, self._all, self._free = self._all, [], {}
        return found


def _proxy(url: str) -> str | None:
    from urllib.request import getproxies, proxy_bypass

    parts = urlsplit(url)
    host = parts.hostname or ""
    if is_loopback(host) or proxy_bypass(host):
        return None
    found = getproxies()
    proxy = found.get(parts.scheme) or found.get("all")
    return proxy if proxy is None or "://" in proxy else f"http://{proxy}"
