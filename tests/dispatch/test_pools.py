"""Small pools, last in first out."""

from __future__ import annotations

import pytest

from promptlib.dispatch.pools import CONNECTIONS_A_POOL, Pools

_URL = "https://h.example/v1"


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """The proxies of the pools that were made, in a world without proxies."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    return []


def _pools(made: list[str | None], home: object = 1) -> Pools[object]:
    def make(proxy: str | None) -> object:
        made.append(proxy)
        return object()

    return Pools(make, lambda: home)


def test_a_pool_is_shared_before_the_next_is_made(made: list[str | None]) -> None:
    """Four requests at once go through one pool, the fifth through another."""
    pools = _pools(made)
    seats = [pools.take(_URL) for _ in range(CONNECTIONS_A_POOL + 1)]
    assert len({id(seat.transport) for seat in seats[:-1]}) == 1
    assert len(made) == 2


def test_the_last_seat_given_is_the_first_taken(made: list[str | None]) -> None:
    """The connection that was just used is used again."""
    pools = _pools(made)
    first, second = pools.take(_URL), pools.take(_URL)
    pools.give(second)
    pools.give(first)
    assert pools.take(_URL) is first


def test_a_drained_pool_is_not_used_again(made: list[str | None]) -> None:
    """A seat that comes back after all was closed is dropped."""
    pools = _pools(made)
    seat = pools.take(_URL)
    assert pools.drain() == [seat.transport]
    pools.give(seat)
    assert pools.take(_URL).transport is not seat.transport


def test_another_home_starts_with_no_connection(made: list[str | None]) -> None:
    """After a fork, or in another event loop, nothing that is open there is used."""
    home = [1]
    pools: Pools[object] = Pools(lambda _proxy: object(), lambda: home[0])
    seat = pools.take(_URL)
    pools.give(seat)
    home[0] = 2
    assert pools.take(_URL).transport is not seat.transport


@pytest.mark.parametrize(
    ("variables", "url", "proxy"),
    [
        ({}, _URL, None),
        ({"HTTPS_PROXY": "http://p:1"}, _URL, "http://p:1"),
        ({"HTTPS_PROXY": "p:1"}, _URL, "http://p:1"),
        ({"ALL_PROXY": "http://p:1"}, _URL, "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "h.example"}, _URL, None),
        ({"HTTP_PROXY": "http://p:1"}, "http://127.0.0.1:8080/v1", None),
        ({"HTTP_PROXY": "http://p:1"}, "http://localhost/v1", None),
        ({"HTTP_PROXY": "http://p:1"}, _URL, None),
    ],
)
def test_proxies_come_from_the_environment(
    made: list[str | None],
    variables: dict[str, str],
    url: str,
    proxy: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The proxy of the URL's scheme or of all, unless NO_PROXY says otherwise, and never for loopback."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    _pools(made).take(url)
    assert made == [proxy]
