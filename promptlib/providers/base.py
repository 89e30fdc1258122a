"""What a provider is: a codec of pure functions, and the facts of how it is reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol
from urllib.parse import urlsplit

from promptlib.providers.secret import Secret
from promptlib.types import Delta, Reply, Request

__all__ = ["Access", "Endpoint", "HttpRequest", "HttpResponse", "Provider", "StreamDecoder"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How a provider is reached, as facts and never as values.

    `base_url` is the default address; `base_url_variable` and `key_variable` are the environment's
    names for another address and for the key (None: there is none). The key goes into the header
    `key_header` behind `key_prefix`. `transport` is `http`, or `module:factory` of something that
    answers in this process.
    """

    base_url: str = ""
    base_url_variable: str | None = None
    key_variable: str | None = None
    key_header: str = "authorization"
    key_prefix: str = "Bearer "
    transport: str = "http"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """The address a request goes to: a base URL, whose query is kept when a path is added."""

    base_url: str = field(repr=False)

    def url(self, path: str) -> str:
        """The base URL with `path` after its own path."""
        parts = urlsplit(self.base_url)
        return parts._replace(path=parts.path.rstrip("/") + path).geturl()


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """One HTTP request; a header that is secret holds a Secret until it is written out."""

    url: str
    body: bytes
    headers: Mapping[str, str | Secret] = field(default_factory=dict)
    method: str = "POST"

    def with_header(self, name: str, value: str | Secret) -> HttpRequest:
        """The request with one header more."""
        return replace(self, headers={**self.headers, name: value})

    def plain_headers(self) -> dict[str, str]:
        """The headers with secrets revealed: for a transport, as it writes them out."""
        return {
            name: value.reveal() if isinstance(value, Secret) else value
            for name, value in self.headers.items()
        }

    def __repr__(self) -> str:
        # Neither the query, which can hold a key, nor the prompt belongs in a log.
        parts = urlsplit(self.url)
        return (
            f"HttpRequest({self.method} {parts.scheme}://{parts.netloc}{parts.path}, {len(self.body)} bytes)"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpResponse:
    """One HTTP response, whole; names of headers are in lower case."""

    status: int
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)


class StreamDecoder(Protocol):
    """Turns the bytes of a streamed answer into deltas, however the bytes are cut."""

    def feed(self, data: bytes) -> list[Delta]:
        """What `data` adds to the answer.

        Raises:
            ProviderError: The stream carries an error, or breaks a bound.
        """
        ...

    def close(self) -> Reply:
        """The whole reply, when the bytes have ended.

        Raises:
            Truncated: The end mark has not come; `.partial` is the text that had.
        """
        ...


class Provider(Protocol):
    """A wire format. All three functions are pure."""

    @property
    def name(self) -> str:
        """The part of `provider/model` before the slash."""
        ...

    @property
    def access(self) -> Access:
        """How it is reached."""
        ...

    def encode(self, request: Request, *, stream: bool, endpoint: Endpoint) -> HttpRequest:
        """The HTTP request, without the key.

        Raises:
            InvalidRequest: The format cannot say what the request asks.
        """
        ...

    def decode(self, request: Request, response: HttpResponse) -> Reply:
        """The reply in a whole response.

        Raises:
            ProviderError: Whatever the response says went wrong.
        """
        ...

    def decoder(self, request: Request) -> StreamDecoder:
        """A decoder for one streamed response of status 200."""
        ...
