"""Finding a provider by name."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from promptlib import providers
from promptlib.errors import InvalidRequest, ProviderError


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    providers.load.cache_clear()
    yield
    providers.load.cache_clear()


@pytest.fixture
def points(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Entry points that seem to be installed."""
    found: list[Any] = []

    def entry_points(*, group: str, name: str | None = None) -> list[Any]:
        return [point for point in found if point.group == group and name in {None, point.name}]

    monkeypatch.setattr(importlib.metadata, "entry_points", entry_points)
    return found


def _point(name: str, value: str) -> Any:
    return importlib.metadata.EntryPoint(name, value, providers.ENTRY_POINTS)


@pytest.mark.parametrize("name", sorted(providers.BUILT_IN))
def test_built_in_names_load(name: str) -> None:
    """Each built-in name loads a provider of that name."""
    assert providers.load(name).name == name


def test_an_unknown_provider_says_what_there_is(points: list[Any]) -> None:
    """The error guesses what was meant and lists all, the installed ones too."""
    points.append(_point("acme", "acme:provider"))
    with pytest.raises(ProviderError) as caught:
        providers.load("opnai")
    assert caught.value.hint == "did you mean 'openai'? providers: acme, echo, local, openai"


def test_an_installed_provider_is_found_by_name(points: list[Any]) -> None:
    """An entry point gives the provider, and cannot replace a built-in one."""
    points += [
        _point("acme", "promptlib.providers.echo:ECHO"),
        _point("openai", "promptlib.providers.echo:ECHO"),
    ]
    assert providers.load("acme").name == "echo"
    assert providers.load("openai").name == "openai"


def test_an_installed_provider_that_fails_is_a_typed_error(points: list[Any]) -> None:
    """A plug-in that cannot be imported is named in a ProviderError."""
    points.append(_point("acme", "no_such_module:provider"))
    with pytest.raises(ProviderError, match=r"'acme' is installed but cannot be loaded.*no_such_module"):
        providers.load("acme")


@pytest.mark.parametrize("model", [None, "", "gpt-4o", "/gpt", "openai/"])
def test_a_model_names_its_provider(model: str | None) -> None:
    """A model without a provider or a name is refused with the way to write it."""
    with pytest.raises(InvalidRequest) as caught:
        providers.split_model(model)
    assert "openai/" in str(caught.value)


def test_only_the_first_slash_parts() -> None:
    """A model's own name may have slashes, as paths and OpenRouter's names do."""
    assert providers.split_model("local//tmp/a.gguf") == ("local", "/tmp/a.gguf")  # noqa: S108  # only a name


def test_nothing_heavy_is_imported() -> None:
    """Loading the codecs imports no HTTP library, no pydantic and no asyncio."""
    code = (
        "import sys; from promptlib.providers import load; load('openai'); load('echo'); "
        "print([m for m in ('httpx', 'httpx2', 'pydantic', 'asyncio', 'xllamacpp') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
