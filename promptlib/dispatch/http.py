"""HTTP, and the only module that knows the library under it: httpx2 where installed, else httpx.

A library's pool gets slower with every connection in it, and calls that wait inside it can be lost
when they are cancelled. So there are many small pools, none with a limit of its own: the client's
slots bound how many requests are under way, and no request ever waits in here.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from promptlib.dispatch.inflate import Inflater
from promptlib.dispatch.pools import CONNECTIONS_A_POOL, Pools
from promptlib.dispatch.timed import LIMIT, bound
from promptlib.errors import ConfigurationError, TransportError
from promptlib.providers.base import HttpRequest

__all__ = ["AsyncHttpTransport", "HttpTransport"]

_KEEP_ALIVE_SECONDS = 30.0
_CONNECT_SECONDS = 15.0


@cache
def _library() -> Any:
    from importlib.metadata import PackageNotFoundError, version

    try:
        # Another major version may have moved the network backend that _timed() wraps.
        if version("httpx2").partition(".")[0] == "2":
            import httpx2  # type: ignore[import-not-found,unused-ignore]  # optional, and not ours to require

            return httpx2
    except PackageNotFoundError:
        pass
    import httpx

    return httpx


class HttpTransport:
    """Sends with pools that are shared by all threads."""

    def __init__(self) -> None:
        self._pools: Pools[Any] = Pools(self._pool, os.getpid)

    def send(self, request: HttpRequest, timeout: float) -> HttpResponseStream:
        """The response once its headers have come, in `timeout` seconds in all."""
        until = LIMIT.until = time.monotonic() + timeout
        pool = self._pools.take(request.url)
        try:
            response = pool.transport.handle_request(_outgoing(request, timeout))
            return HttpResponseStream(response, lambda: self._pools.give(pool))
        except BaseException as error:  # noqa: BLE001  # sorted out below, where no context clings to it
            self._pools.give(pool)
            failure = _failure(error, until)
        raise failure

    def close(self) -> None:
        """Closes all connections."""
        for transport in self._pools.drain():
            transport.close()

    def _pool(self, proxy: str | None) -> Any:
        return bound(_made(_library().HTTPTransport, proxy))


class HttpResponseStream:
    """A response, read piece by piece, each read within its own limit."""

    def __init__(self, response: Any, done: Callable[[], None]) -> None:
        self.status: int = response.status_code
        self.headers = _lowered(response.headers)
        self._stream = response.stream
        self._done: Callable[[], None] | None = done
        self._raw = iter(response.stream)
        self._inflater = Inflater(self.headers)

    def read(self, timeout: float) -> bytes:
        """The next piece of the body; empty at the end."""
        LIMIT.until = time.monotonic() + timeout
        while not (piece := self._inflater.take()):
            raw = self._next()
            if raw is None:
                return b""
            self._inflater.feed(raw)
        return piece

    def close(self) -> None:
        """Closes the connection, unless its body was read to the end."""
        done, self._done = self._done, None
        if done is not None:
            try:
                self._stream.close()
            finally:
                done()

    def _next(self) -> bytes | None:
        try:
            return next(self._raw, None)
        except Exception as error:  # noqa: BLE001  # as above
            failure = _failure(error)
        raise failure


class AsyncHttpTransport:
    """Sends with pools that belong to the running event loop."""

    def __init__(self) -> None:
        self._pools: Pools[Any] = Pools(self._pool, _running_loop)

    async def send(self, request: HttpRequest, timeout: float) -> AsyncHttpResponseStream:  # noqa: ASYNC109  # the connect limit
        """The response once its headers have come; the caller's own time limit bounds the whole."""
        until = time.monotonic() + timeout
        pool = self._pools.take(request.url)
        try:
            response = await pool.transport.handle_async_request(_outgoing(request, timeout))
            return AsyncHttpResponseStream(response, lambda: self._pools.give(pool))
        except BaseException as error:  # noqa: BLE001  # sorted out below, where no context clings to it
            self._pools.give(pool)
            failure = _failure(error, until)
        raise failure

    async def close(self) -> None:
        """Closes all connections."""
        for transport in self._pools.drain():
            await transport.aclose()

    def _pool(self, proxy: str | None) -> Any:
        return _made(_library().AsyncHTTPTransport, proxy)


class AsyncHttpResponseStream:
    """As HttpResponseStream, for asyncio."""

    def __init__(self, response: Any, done: Callable[[], None]) -> None:
        self.status: int = response.status_code
        self.headers = _lowered(response.headers)
        self._stream = response.stream
        self._done: Callable[[], None] | None = done
        self._raw = aiter(response.stream)
        self._inflater = Inflater(self.headers)

    async def read(self, timeout: float) -> bytes:  # noqa: ARG002, ASYNC109  # the caller's own limit bounds it
        """The next piece of the body; empty at the end."""
        while not (piece := self._inflater.take()):
            raw = await self._next()
            if raw is None:
                return b""
            self._inflater.feed(raw)
        return piece

    async def close(self) -> None:
        """Closes the connection, unless its body was read to the end."""
        done, self._done = self._done, None
        if done is not None:
            try:
                await self._stream.aclose()
            finally:
                done()

    async def _next(self) -> bytes | None:
        try:
            return await anext(self._raw, None)
        except Exception as error:  # noqa: BLE001  # as above
            failure = _failure(error)
        raise failure


def _made(kind: Callable[..., Any], proxy: str | None) -> Any:
    limits = _library().Limits(
        max_connections=None,
        max_keepalive_connections=CONNECTIONS_A_POOL,
        keepalive_expiry=_KEEP_ALIVE_SECONDS,
    )
    try:
        return kind(verify=_tls(), trust_env=False, limits=limits, proxy=proxy)
    except (ValueError, ImportError, _library().InvalidURL):
        if proxy is None:
            raise
        # The library's own text repeats the address, which can hold a password.
    raise ConfigurationError(
        "the proxy that the environment names cannot be used",
        hint="correct HTTPS_PROXY, HTTP_PROXY or ALL_PROXY; for socks5:// install `socksio`",
    )


@cache
def _tls() -> Any:
    # One context for all pools: reading the certificates takes some 20 ms.
    return _library().create_ssl_context()


def _outgoing(request: HttpRequest, timeout: float) -> Any:
    headers = {
        "accept-encoding": "gzip, deflate",
        "user-agent": _user_agent(),
        **request.plain_headers(),
    }
    limits = {"connect": min(timeout, _CONNECT_SECONDS), "read": None, "write": None, "pool": timeout}
    return _library().Request(
        request.method,
        request.url,
        headers=headers,
        content=request.body,
        extensions={"timeout": limits},
    )


@cache
def _user_agent() -> str:
    from importlib.metadata import version

    return f"promptlib-kit/{version('promptlib-kit')}"


def _failure(error: BaseException, until: float = 0.0) -> BaseException:
    """What to raise for an exception of the library; `until` is when the time is over."""
    library = _library()
    if isinstance(error, library.ConnectTimeout) and time.monotonic() < until:
        return TransportError(f"no connection could be made in {_CONNECT_SECONDS:g} s")
    if isinstance(error, library.TimeoutException):
        return TimeoutError()
    if isinstance(error, library.HTTPError | library.InvalidURL | library.StreamError | OSError):
        # Only the text is kept: the request, with its headers, can hang on the exception itself.
        return TransportError(f"the connection failed: {type(error).__name__}: {str(error)[:200]}")
    return error


def _lowered(headers: Any) -> Mapping[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _running_loop() -> object:
    import asyncio

    return asyncio.get_running_loop()
