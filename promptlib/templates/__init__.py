"""Source text to Template: front matter, inputs, the grammar, the one environment, bounds.

The names are loaded when they are first used: a registry that has rendered nothing needs no Jinja.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from promptlib.templates.files import DirectoryFiles, Files, MemoryFiles
    from promptlib.templates.inputs import Input
    from promptlib.templates.limits import RenderLimits
    from promptlib.templates.template import Template, load

__all__ = ["DirectoryFiles", "Files", "Input", "MemoryFiles", "RenderLimits", "Template", "load"]

_HOMES = {
    "DirectoryFiles": "files",
    "Files": "files",
    "Input": "inputs",
    "MemoryFiles": "files",
    "RenderLimits": "limits",
    "Template": "template",
    "load": "template",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
