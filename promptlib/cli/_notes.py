"""What a rendering found out about its values, told on stderr."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptlib.cli._output import say

if TYPE_CHECKING:
    from promptlib import Prompt

__all__ = ["say_notes"]

_LONGEST = 60  # characters of a value that are shown


def say_notes(prompt: Prompt) -> None:
    """A line for each thing the guard flagged, and for each input that was dropped."""
    for flag in prompt.flags:
        say(f"note: {flag.input} holds a {flag.kind}: {ascii(flag.text)[:_LONGEST]}")
    for name in prompt.ignored_inputs:
        say(f"note: {name} is no input of {prompt.ref.name} and was dropped")
