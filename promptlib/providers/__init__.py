"""Wire formats: one pure codec a provider, found by name and loaded when first used.

A codec turns a Request into bytes and bytes into a Reply; it opens no socket, reads no environment
and knows no key. A distribution adds its own with an entry point in the group
`promptlib.providers`, whose name is the provider's and whose value is an object that satisfies
`Provider`. Names built in come first and cannot be replaced.
"""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from promptlib.errors import InvalidRequest, ProviderError

if TYPE_CHECKING:
    from promptlib.providers.base import Provider

__all__ = ["BUILT_IN", "ENTRY_POINTS", "load", "names", "split_model"]

ENTRY_POINTS = "promptlib.providers"

BUILT_IN = {
    "echo": "promptlib.providers.echo:ECHO",
    "local": "promptlib.providers.openai:LOCAL",
    "openai": "promptlib.providers.openai:OPENAI",
}


def names() -> list[str]:
    """All provider names, built in and installed, sorted."""
    from importlib.metadata import entry_points

    return sorted({*BUILT_IN, *(point.name for point in entry_points(group=ENTRY_POINTS))})


@cache
def load(name: str) -> Provider:
    """The provider called `name`.

    Raises:
        ProviderError: No provider has that name, or the installed one cannot be imported.
    """
    if name in BUILT_IN:
        module, _, attribute = BUILT_IN[name].partition(":")
        provider: Provider = getattr(import_module(module), attribute)
        return provider
    return _installed(name)


def split_model(model: str | None) -> tuple[str, str]:
    """`("openai", "gpt-4o-mini")` of `openai/gpt-4o-mini`; only the first slash parts.

    Raises:
        InvalidRequest: There is no model, or it does not say `provider/name`.
    """
    if not model:
        raise InvalidRequest(
            "the request names no model",
            hint="say `model: openai/gpt-4o-mini` in the front matter, or give render(…, model=…)",
        )
    provider, slash, name = model.partition("/")
    if not (provider and slash and name):
        raise InvalidRequest(
            f"model {model!r} names no provider",
            model=model,
            hint=f"write provider/name, such as openai/{name or provider}; providers: {', '.join(names())}",
        )
    return provider, name


def _installed(name: str) -> Provider:
    from importlib.metadata import entry_points

    # A scan of all entry points costs 50 ms, so it happens only for names that are not built in.
    for point in entry_points(group=ENTRY_POINTS, name=name):
        try:
            provider: Provider = point.load()
        except Exception as error:
            raise ProviderError(
                f"provider {name!r} is installed but cannot be loaded: {type(error).__name__}: {error}",
                provider=name,
                hint=f"repair or remove the distribution that declares {point.value}",
            ) from error
        return provider
    raise _unknown(name)


def _unknown(name: str) -> ProviderError:
    known = names()
    close = get_close_matches(name, known, n=1, cutoff=0.7)
    guess = f"did you mean {close[0]!r}? " if close else ""
    return ProviderError(
        f"unknown provider {name!r}", provider=name, hint=f"{guess}providers: {', '.join(known)}"
    )
