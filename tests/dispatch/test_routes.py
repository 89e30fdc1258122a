"""Addresses, keys and models, before anything is sent."""

from __future__ import annotations

from typing import Any

import pytest

from promptlib.dispatch import Client
from promptlib.dispatch.routes import check_base_url, routes
from promptlib.errors import AuthenticationError, ConfigurationError, InvalidRequest, ProviderError
from promptlib.types import Message, Request

_REQUEST = Request(messages=(Message.user("Hi"),), model="openai/gpt-4o-mini")


def _routes(request: Request = _REQUEST, **given: Any) -> Any:
    return routes(Client(**given)._settings, request, stream=False)


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://h/v1",
        "file:///etc/passwd",
        "https://user:CANARY@h/v1",
        "https://CANARY@h/v1",
        "https:///v1",
        "https://h:CANARY/v1",
        "https://h/v1\r\nX-Evil: CANARY",
        "https://h/ v1",
        "https://h/v1#CANARY",
        "https://[CANARY/v1",
    ],
)
def test_bad_addresses_are_refused_without_being_shown(url: str) -> None:
    """What is no plain http or https URL is refused when the client is made, and not repeated."""
    with pytest.raises(ConfigurationError, match=r"base_url\['openai'\]") as caught:
        Client(base_url={"openai": url})
    assert "CANARY" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "explicit", "good"),
    [
        ("https://h/v1", False, True),
        ("http://127.0.0.1:8080/v1", False, True),
        ("http://[::1]:8080", False, True),
        ("http://localhost/v1", False, True),
        ("http://h/v1", False, False),
        ("http://169.254.169.254/latest", False, False),
        ("http://h/v1", True, True),
        ("http://localhost.evil.example/v1", False, False),
    ],
)
def test_plain_http_goes_to_loopback_or_where_code_says(url: str, explicit: bool, good: bool) -> None:  # noqa: FBT001
    """Without encryption keys and prompts go to this machine, or where the application itself says."""
    if good:
        assert check_base_url(url, source="x", explicit=explicit) == url
    else:
        with pytest.raises(ConfigurationError, match="plain http"):
            check_base_url(url, source="x", explicit=explicit)


def test_the_environment_is_read_as_the_sdk_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """OPENAI_API_KEY and OPENAI_BASE_URL are taken, an empty address is the default one."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")
    monkeypatch.setenv("OPENAI_BASE_URL", "https://h.example/v9/")
    (route,) = _routes()
    assert (route.http.url, route.key.reveal()) == ("https://h.example/v9/chat/completions", "sk-1")
    monkeypatch.setenv("OPENAI_BASE_URL", "")
    assert _routes()[0].http.url == "https://api.openai.com/v1/chat/completions"


def test_arguments_beat_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the client was given comes first."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")
    monkeypatch.setenv("OPENAI_BASE_URL", "https://h.example/v9")
    (route,) = _routes(base_url={"openai": "https://i.example"}, api_key={"openai": "sk-2"})
    assert (route.http.url, route.key.reveal()) == ("https://i.example/chat/completions", "sk-2")


def test_a_missing_key_names_its_variable() -> None:
    """Without a key the error says which variable to set."""
    with pytest.raises(AuthenticationError, match="OPENAI_API_KEY is not set"):
        _routes()


def test_a_malformed_key_never_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the environment or as an argument, a key with a line end is refused and not repeated."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-CANARY\n")
    with pytest.raises(AuthenticationError) as first:
        _routes()
    with pytest.raises(AuthenticationError) as second:
        Client(api_key={"openai": "sk-CANARY\n"})
    assert "CANARY" not in f"{first.value}{second.value}"


def test_a_client_shows_no_key_and_no_address() -> None:
    """The repr of a client and of its settings holds neither."""
    client = Client(base_url={"openai": "https://h/v1?key=CANARY"}, api_key={"openai": "sk-CANARY"})
    assert "CANARY" not in repr(client) + repr(client._settings) + repr(vars(client))


def test_allow_is_a_list_of_patterns() -> None:
    """A model that no pattern allows is refused before anything is sent; fallbacks are held to it too."""
    keys = {"openai": "sk-1"}
    assert _routes(allow=["openai/*"], api_key=keys)
    with pytest.raises(InvalidRequest, match="does not allow model 'openai/gpt-4o-mini'"):
        _routes(allow=["echo/*"], api_key=keys)
    with pytest.raises(InvalidRequest, match="'echo/echo'"):
        _routes(allow=["openai/*"], fallbacks=["echo/echo"], api_key=keys)


def test_a_fallback_is_prepared_before_anything_is_sent() -> None:
    """A fallback that cannot be used is found at the first call, not in an outage."""
    with pytest.raises(ProviderError, match="unknown provider"):
        _routes(Request(messages=(), model="echo/echo"), fallbacks=["nobody/x"])


def test_a_model_is_tried_once() -> None:
    """A fallback that is the prompt's own model is not a second route."""
    request = Request(messages=(), model="echo/echo")
    assert len(_routes(request, fallbacks=["echo/echo", "echo/other"])) == 2


@pytest.mark.parametrize(
    "given",
    [
        {"timeout": 0},
        {"timeout": float("nan")},
        {"idle_timeout": float("inf")},
        {"retries": -1},
        {"retries": 1.5},
        {"max_concurrency": 0},
        {"fallbacks": "openai/x"},
        {"allow": "openai/*"},
        {"api_key": "sk-CANARY"},
        {"base_url": "https://h"},
        {"api_key": {"openai": 5}},
        {"events": object()},
        {"log": object()},
        {"cache": object()},
    ],
)
def test_wrong_arguments_are_a_configuration_error(given: dict[str, Any]) -> None:
    """Each wrong argument is named, in one typed error."""
    with pytest.raises(ConfigurationError, match=next(iter(given))) as caught:
        Client(**given)
    assert "CANARY" not in str(caught.value)
