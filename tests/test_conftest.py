"""The fence around the tests themselves."""

from __future__ import annotations

import asyncio
import socket

import pytest

_BLOCKED = pytest.fail.Exception


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("example.invalid", 80)])
def test_a_connection_to_another_machine_fails_the_test(address: tuple[str, int]) -> None:
    """No test can reach an address or a name that is not this machine's."""
    with pytest.raises(_BLOCKED, match="reached for the network"):
        socket.create_connection(address, timeout=0.01)


def test_a_name_is_not_looked_up() -> None:
    """Asking a name server is network too."""
    with pytest.raises(_BLOCKED, match="example"):
        socket.getaddrinfo("example.invalid", 443)


def test_a_datagram_is_not_sent() -> None:
    """Sending without a connection is network too."""
    with socket.socket(type=socket.SOCK_DGRAM) as sender, pytest.raises(_BLOCKED, match="sendto"):
        sender.sendto(b"x", ("192.0.2.1", 9))


@pytest.mark.anyio
async def test_asyncio_is_fenced_in_too() -> None:
    """The event loop's connections are caught as well, and asyncio is the backend."""
    with pytest.raises(_BLOCKED, match="reached for the network"):
        await asyncio.open_connection("192.0.2.1", 80)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_this_machine_can_be_reached(host: str) -> None:
    """A server that a test runs itself is reachable."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection((host, port), timeout=1) as sent:
            assert sent.getpeername()[1] == port
