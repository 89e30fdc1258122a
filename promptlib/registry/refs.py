"""References to prompts as people write them: `name`, `name@production`, `name@3`, `name@draft`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from promptlib.errors import RefError
from promptlib.templates.names import check_name
from promptlib.types import Ref

__all__ = ["Kind", "Selector", "parse_ref"]

Kind: TypeAlias = Literal["default", "draft", "latest", "version", "digest", "label"]

_LABEL = re.compile(r"[a-z][a-z0-9._-]*")
_DIGEST = re.compile(r"sha256:[0-9a-f]{8,64}")
_STORED = re.compile(r"(?P<name>\S+)@(?P<version>draft|[1-9][0-9]{0,8}) (?P<digest>sha256:[0-9a-f]{64})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """A reference taken apart.

    `version` is set for kind version, `digest` (hex, 8 digits or more) for kind digest and for a
    stored reference, `label` for kind label.
    """

    name: str
    kind: Kind
    version: int | None = None
    digest: str | None = None
    label: str | None = None


def parse_ref(text: object) -> Selector:
    """Take a reference apart; RefError says what a reference looks like."""
    if isinstance(text, Ref):
        text = str(text)
    if not isinstance(text, str):
        raise RefError(f"a reference is text, not {type(text).__name__}")
    if stored := _STORED.fullmatch(text):
        digest = stored["digest"].removeprefix("sha256:")
        name = check_name(stored["name"])
        if stored["version"] == "draft":
            return Selector(name=name, kind="draft", digest=digest)
        return Selector(name=name, kind="version", version=int(stored["version"]), digest=digest)
    name, at, wanted = text.partition("@")
    check_name(name)
    if not at:
        return Selector(name=name, kind="default")
    return _selected(name, wanted, text)


def _selected(name: str, wanted: str, text: str) -> Selector:
    if wanted == "draft":
        return Selector(name=name, kind="draft")
    if wanted == "latest":
        return Selector(name=name, kind="latest")
    if wanted.isascii() and wanted.isdigit() and wanted[0] != "0" and len(wanted) < 10:  # noqa: PLR2004  digits
        return Selector(name=name, kind="version", version=int(wanted))
    if _DIGEST.fullmatch(wanted):
        return Selector(name=name, kind="digest", digest=wanted.removeprefix("sha256:"))
    if _LABEL.fullmatch(wanted) and not wanted.startswith("sha256"):
        return Selector(name=name, kind="label", label=wanted)
    raise RefError(
        f"{ascii(text)[:80]} is no reference",
        hint="Write name, name@production, name@3, name@sha256:ab12cd34, name@draft or name@latest.",
    )
