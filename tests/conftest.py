"""What holds for every test: no network but this machine, one async backend, Hypothesis's profiles."""

from __future__ import annotations

import ipaddress
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent

# Examples are the same in every run of `ci`, so that a failure belongs to the change that shows it;
# `nightly` looks for new ones. How fast an example runs says more about the machine than about us.
_UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.register_profile("ci", _UNTIMED, derandomize=True)
settings.register_profile("nightly", _UNTIMED, max_examples=2_000)
settings.load_profile("nightly" if os.environ.get("PROMPTLIB_NIGHTLY") else "ci")

# A shell that runs the suite in the background has interrupts ignored, and every program that a test
# starts would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _is_near(host: Any) -> bool:
    """Whether a host, as the socket module takes it, is this machine's loopback."""
    name = host.decode() if isinstance(host, bytes) else str(host or "localhost")
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def _host_of(event: str, arguments: tuple[Any, ...]) -> Any:
    """The host that an audited event is about; None for loopback by nature (files, no address)."""
    if event == "socket.getaddrinfo":
        return arguments[0]
    address = arguments[1]
    return address[0] if isinstance(address, tuple) else None


def _block_the_network(event: str, arguments: tuple[Any, ...]) -> None:
    # An audit hook sees what every library does, in every thread, and cannot be undone by a test.
    if not event.startswith("socket."):
        return
    if event in {"socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo"}:
        host = _host_of(event, arguments)
        if not _is_near(host):
            # pytest's failure is no Exception: code under test cannot swallow it.
            pytest.fail(f"a test reached for the network: {event} {host!r}")


sys.addaudithook(_block_the_network)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Async tests (`pytest.mark.anyio`) run on asyncio, which is what AsyncClient is for."""
    return "asyncio"


@pytest.fixture(scope="session")
def local_model() -> Path:
    """The file of `local/smollm2`; where it is absent, the test is skipped with the next step."""
    from promptlib.dispatch.local_model import find
    from promptlib.errors import ConfigurationError

    pytest.importorskip("xllamacpp", reason="needs the extra: pip install 'promptlib-kit[local]'")
    try:
        return find("smollm2")
    except ConfigurationError as error:
        pytest.skip(str(error))
