"""For your own tests: parity with the prompts you had, values for every input, answers without a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promptlib.testing.fake import AsyncFakeTransport, FakeTransport
from promptlib.testing.parity import assert_same_messages

if TYPE_CHECKING:
    from promptlib.testing.strategies import HOSTILE_TEXTS, inputs_strategy

__all__ = [
    "HOSTILE_TEXTS",
    "AsyncFakeTransport",
    "FakeTransport",
    "assert_same_messages",
    "inputs_strategy",
]


def __getattr__(name: str) -> Any:
    # Hypothesis is no dependency of promptlib: who asks for strategies has it.
    if name not in ("HOSTILE_TEXTS", "inputs_strategy"):
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    try:
        from promptlib.testing import strategies
    except ModuleNotFoundError as error:
        if error.name != "hypothesis":
            raise
        from promptlib.errors import MissingExtra

        hint = "pip install hypothesis"
        raise MissingExtra(f"promptlib.testing.{name} needs Hypothesis", hint=hint) from None
    return getattr(strategies, name)
