"""Sending: `Client` and `AsyncClient`, and what a transport of one's own has to be."""

from promptlib.dispatch.client import AsyncClient, Client
from promptlib.dispatch.streams import AsyncStream, Stream
from promptlib.dispatch.transport import AsyncResponse, AsyncTransport, Response, Transport
from promptlib.errors import InvalidOutput

__all__ = [
    "AsyncClient",
    "AsyncResponse",
    "AsyncStream",
    "AsyncTransport",
    "Client",
    "InvalidOutput",
    "Response",
    "Stream",
    "Transport",
]
