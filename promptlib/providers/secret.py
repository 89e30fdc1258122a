"""A key that shows itself to nobody but the code that puts it on the wire."""

from __future__ import annotations

import hmac
from typing import Any, Never

from promptlib.errors import AuthenticationError

__all__ = ["MASK", "Secret"]

MASK = "********"


class Secret:
    """A string that is masked in str, repr and format, and refuses to be pickled.

    `source` says where it came from, such as `OPENAI_API_KEY`, for messages.
    """

    __slots__ = ("_value", "source")

    def __init__(self, value: str, *, source: str = "the key") -> None:
        self._value = value
        self.source = source

    @classmethod
    def key(cls, value: str, *, source: str, provider: str | None = None) -> Secret:
        """A key that is fit for an HTTP header.

        Raises:
            AuthenticationError: It is empty, or has white space, control or non-ASCII characters;
                the message says at which place, and never holds the key.
        """
        if not value:
            raise AuthenticationError(
                f"{source} is empty", provider=provider, hint=f"put the key into {source}"
            )
        for place, character in enumerate(value, start=1):
            # Such a key would end in the HTTP library's message, whole, when it refuses the header.
            if not "!" <= character <= "~":
                raise AuthenticationError(
                    f"{source} is no key: character {place} of {len(value)} is {_kind(character)}",
                    provider=provider,
                    hint="copy the key again, without spaces or a line end around it",
                )
        return cls(value, source=source)

    def reveal(self) -> str:
        """The string itself; call it where the string leaves the process, and nowhere else."""
        return self._value

    def prefixed(self, prefix: str) -> Secret:
        """The same secret behind `prefix`, such as `Bearer `."""
        return Secret(prefix + self._value, source=self.source)

    def __repr__(self) -> str:
        return f"Secret({MASK!r})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        # Equal time whatever differs, so that comparing tells nothing about the value.
        return hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Secret:
        return self

    def __reduce__(self) -> Never:
        raise TypeError("a Secret is never pickled; read the key again where it is needed")


def _kind(character: str) -> str:
    if character.isspace():
        return "white space"
    return "a control character" if character.isascii() else "not ASCII"
