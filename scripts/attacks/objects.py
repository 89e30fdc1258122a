"""What careless callers hand to templates: objects with secrets, methods and endless iterators."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.attacks.attack import CANARY

DELETED: list[str] = []


class User:
    """A user as an application holds one: a password, a method that changes things, a frank repr."""

    def __init__(self) -> None:
        self.name = "Ada"
        self.password = CANARY

    def __repr__(self) -> str:
        return f"User(name={self.name!r}, password={self.password!r})"

    def delete(self) -> str:
        """Delete the user."""
        DELETED.append(self.name)
        return "deleted"


def delete_all() -> str:
    """Delete every user."""
    DELETED.append("all")
    return "deleted"


class Text(str):  # noqa: SLOT000  a subclass as it is usually written
    """A text whose printing runs code."""

    def __str__(self) -> str:
        DELETED.append("by printing")
        return CANARY


class Endless:
    """An iterable without an end."""

    def __iter__(self) -> Iterator[int]:
        while True:
            yield 1


__all__ = ["DELETED", "Endless", "Text", "User", "delete_all"]
