"""Prompt templates for production: typed, bounded, counted, versioned, sent to any provider.

Everything here is loaded when it is first used, so that importing promptlib costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from promptlib.dispatch import AsyncClient, Client
    from promptlib.errors import PromptlibError
    from promptlib.prompt import Prompt
    from promptlib.registry import Registry
    from promptlib.types import Budget, Message, Ref, Reply, TokenCount, Tool, ToolCall, Usage

    __version__: str

__all__ = [
    "AsyncClient",
    "Budget",
    "Client",
    "Message",
    "Prompt",
    "PromptlibError",
    "Ref",
    "Registry",
    "Reply",
    "TokenCount",
    "Tool",
    "ToolCall",
    "Usage",
    "__version__",
]

_HOMES = {
    "AsyncClient": "promptlib.dispatch",
    "Budget": "promptlib.types",
    "Client": "promptlib.dispatch",
    "Message": "promptlib.types",
    "Prompt": "promptlib.prompt",
    "PromptlibError": "promptlib.errors",
    "Ref": "promptlib.types",
    "Registry": "promptlib.registry",
    "Reply": "promptlib.types",
    "TokenCount": "promptlib.types",
    "Tool": "promptlib.types",
    "ToolCall": "promptlib.types",
    "Usage": "promptlib.types",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("promptlib-kit")
    if name not in _HOMES:
        message = f"module 'promptlib' has no attribute {name!r}"
        raise AttributeError(message)
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
