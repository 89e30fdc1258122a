"""What a client was told, checked; and from a prompt and a model to the route that answers it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from promptlib import providers
from promptlib.dispatch.flow import Route
from promptlib.errors import AuthenticationError, ConfigurationError, InvalidRequest
from promptlib.providers.base import Access, Endpoint, Provider
from promptlib.providers.secret import Secret
from promptlib.types import Request

__all__ = ["Settings", "check_base_url", "is_loopback", "routes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The arguments of a client, checked; see Client for their meaning."""

    timeout: float
    idle_timeout: float
    retries: int
    fallbacks: tuple[str, ...]
    max_concurrency: int
    allow: tuple[str, ...] | None
    base_url: Mapping[str, str] = field(repr=False)
    api_key: Mapping[str, Secret] = field(repr=False)

    @classmethod
    def checked(
        cls,
        *,
        base_url: Mapping[str, str] | None,
        api_key: Mapping[str, str | Secret] | None,
        **given: Any,
    ) -> Settings:
        """The settings.

        Raises:
            ConfigurationError: One of them cannot be.
            AuthenticationError: A key is malformed.
        """
        _check_numbers(given)
        urls = dict(_by_provider("base_url", base_url))
        for name, url in urls.items():
            check_base_url(url, source=f"base_url[{name!r}]", explicit=True)
        keys = {name: _given_key(name, key) for name, key in _by_provider("api_key", api_key).items()}
        allow = given.pop("allow")
        return cls(
            base_url=urls,
            api_key=keys,
            allow=None if allow is None else _texts("allow", allow),
            fallbacks=_texts("fallbacks", given.pop("fallbacks")),
            **given,
        )


def routes(settings: Settings, request: Request, *, stream: bool) -> tuple[Route, ...]:
    """A route for the request's model, then one for each fallback.

    All are made before anything is sent, so that a missing key of a fallback is not first found in
    the middle of an outage.

    Raises:
        ProviderError: A model is unknown or not allowed, a key is missing or malformed, or a format
            cannot say what is asked.
    """
    models = dict.fromkeys((request.model or "", *settings.fallbacks))
    return tuple(_route(settings, request, model, stream=stream) for model in models)


def check_base_url(url: str, *, source: str, explicit: bool) -> str:
    """The URL, if it is one that keys and prompts may be sent to.

    Args:
        url: The address, `https://host/path`.
        source: Where it was said, for the message, which never shows the URL itself.
        explicit: The application's code or environment said it: then plain http may go to any host,
            else to loopback only.

    Raises:
        ConfigurationError: It is no URL, holds a user or password, or is plain http elsewhere.
    """
    problem = _problem(url, explicit=explicit)
    if problem:
        raise ConfigurationError(f"{source} {problem}", hint="give an address such as https://host/v1")
    return url


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by its name or address."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _problem(url: str, *, explicit: bool) -> str | None:
    if not isinstance(url, str) or not url or any(not "!" <= character <= "~" for character in url):
        return "is no URL: it is empty, or has white space, control or non-ASCII characters"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "is no URL"
    if parts.scheme not in {"http", "https"} or not host:
        return "is no http or https URL"
    if "@" in parts.netloc:
        return "holds a user or password; give the key through api_key or the environment"
    if parts.fragment:
        return "has a fragment, which no server sees"
    if parts.scheme == "http" and not (explicit or is_loopback(host)):
        return "is plain http to another machine"
    return None


def _route(settings: Settings, request: Request, model: str, *, stream: bool) -> Route:
    name, _ = providers.split_model(model)
    _check_allowed(settings, model)
    provider = providers.load(name)
    own = Request(
        messages=request.messages,
        model=model,
        params=request.params,
        tools=request.tools,
        output=request.output,
    )
    endpoint = _endpoint(settings, name, provider.access)
    http = provider.encode(own, stream=stream, endpoint=endpoint)
    return Route(provider=provider, request=own, http=http, key=_key(settings, name, provider))


def _check_allowed(settings: Settings, model: str) -> None:
    if settings.allow is None or any(fnmatchcase(model, pattern) for pattern in settings.allow):
        return
    raise InvalidRequest(
        f"this client does not allow model {model!r}",
        model=model,
        hint=f"it allows {', '.join(settings.allow) or 'none'}; use one of these, or widen Client(allow=…)",
    )


def _endpoint(settings: Settings, name: str, access: Access) -> Endpoint:
    if name in settings.base_url:
        return Endpoint(base_url=settings.base_url[name])
    variable = access.base_url_variable
    if variable and os.environ.get(variable):
        url = os.environ[variable]
        return Endpoint(base_url=check_base_url(url, source=variable, explicit=True))
    if access.transport == "http":
        check_base_url(access.base_url, source=f"the address of provider {name!r}", explicit=False)
    return Endpoint(base_url=access.base_url)


def _key(settings: Settings, name: str, provider: Provider) -> Secret | None:
    if name in settings.api_key:
        return settings.api_key[name]
    variable = provider.access.key_variable
    if variable is None:
        return None
    value = os.environ.get(variable, "")
    if not value:
        raise AuthenticationError(
            f"there is no key for {name}: the environment variable {variable} is not set",
            provider=name,
            hint=f"set {variable}, or give Client(api_key={{{name!r}: …}})",
        )
    return Secret.key(value, source=variable, provider=name)


def _given_key(name: str, key: str | Secret) -> Secret:
    value = key.reveal() if isinstance(key, Secret) else key
    if not isinstance(value, str):
        raise ConfigurationError(f"api_key[{name!r}] is no string", hint="give the key as text")
    return Secret.key(value, source=f"api_key[{name!r}]", provider=name)


def _by_provider(name: str, value: Any) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise ConfigurationError(f"{name} is given by provider name", hint=f"write {name}={{'openai': …}}")
    return value


def _texts(name: str, value: Any) -> tuple[str, ...]:
    found = None if isinstance(value, str) else tuple(value)
    if found is None or not all(isinstance(one, str) for one in found):
        raise ConfigurationError(f"{name} is a list of texts", hint=f"write {name}=['openai/gpt-4o-mini']")
    return found


def _check_numbers(given: Mapping[str, Any]) -> None:
    for name in ("timeout", "idle_timeout"):
        # NaN fails the comparison too; infinity is no time a call can take.
        if not 0 < given[name] < float("inf"):
            raise ConfigurationError(f"{name} is {given[name]!r}", hint="give seconds, more than 0")
    for name, least in (("retries", 0), ("max_concurrency", 1)):
        if isinstance(given[name], bool) or not isinstance(given[name], int) or given[name] < least:
            raise ConfigurationError(f"{name} is {given[name]!r}", hint=f"give a whole number from {least}")
