"""Names of prompts, and paths of the files that belong to them."""

from __future__ import annotations

import re

from promptlib.errors import RefError, SecurityError

_SEGMENT = r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?"
_NAME = re.compile(rf"{_SEGMENT}(?:/{_SEGMENT})*")
_MAX_BYTES = 200
# A file of such a name, whatever its suffix, is a device on Windows.
_DEVICES = frozenset(
    ["aux", "con", "nul", "prn", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))]
)
SUFFIX = ".jinja"


def check_name(name: object) -> str:
    """The name, if it is one a prompt may have; else a RefError that does not repeat it unescaped."""
    if not isinstance(name, str):
        raise RefError(f"a prompt's name is text, not {type(name).__name__}")
    devices = _DEVICES.intersection(part.split(".")[0] for part in name.split("/"))
    if not _NAME.fullmatch(name) or ".." in name or len(name) > _MAX_BYTES or devices:
        raise RefError(
            f"{name[:60]!a} is no prompt name",
            hint="A name is a-z, 0-9, dot, dash and underscore, in segments with / between: team/summarize.",
        )
    return name


def resolve_path(path: object, relative_to: str = "") -> str:
    """A path that a template names, as a path from the root with `/`; never out of the root."""
    if not isinstance(path, str) or not path or not path.isprintable() or "\\" in path or ":" in path:
        raise _refused(path, "is no path of a template file", relative_to)
    if path.startswith("/") or len(path.encode()) > 2 * _MAX_BYTES:
        raise _refused(path, "does not lie under the templates' root", relative_to)
    parts = relative_to.split("/")[:-1]
    for part in path.split("/"):
        if part == "..":
            if not parts:
                raise _refused(path, "leads out of the templates' root", relative_to)
            parts.pop()
        elif part in ("", "."):
            raise _refused(path, "has an empty or '.' segment", relative_to)
        else:
            parts.append(part)
    return "/".join(parts)


def _refused(path: object, reason: str, named_by: str) -> SecurityError:
    return SecurityError(f"{ascii(path)[:80]} {reason}", path=named_by or None)
