"""What an attack is: a template, values for it, and how to see that it got through."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeAlias

CANARY = "canary-7d1f04"  # stands in the environment, in an attribute and in this module's globals

Word: TypeAlias = Literal["stopped", "text", "silent", "ESCAPE", "INJECTED", "hang/OOM"]
Values: TypeAlias = Mapping[str, Any]

MEANINGS: dict[Word, str] = {
    "stopped": "an error instead of a prompt",
    "text": "rendered, and harmless: a value stayed text where it belongs, or the work stayed small",
    "silent": "rendered as if nothing were wrong",
    "ESCAPE": "Python's inside, a secret or the caller's own objects were read, run or changed",
    "INJECTED": "a value became a message, an image or template code",
    "hang/OOM": "more than 4 s of CPU, 1 GiB of memory or Python's stack was used",
}


class Said(NamedTuple):
    """A message as any of the libraries gives it; `media` counts its parts that are no text."""

    role: str
    text: str
    media: int = 0


class Outcome(NamedTuple):
    """What is there after a rendering: the messages, and the caller's own values."""

    said: list[Said]
    values: Values

    @property
    def text(self) -> str:
        """The text of all messages."""
        return "\n".join(message.text for message in self.said)


def none() -> Values:
    """The values of a template that needs none."""
    return {}


def never(_: Outcome) -> bool:
    """The sign of an attack that shows itself by what it costs."""
    return False


def always(_: Outcome) -> bool:
    """The sign of an attack that has won when there is a prompt at all."""
    return True


def shows(proof: str) -> Callable[[Outcome], bool]:
    """Whether a text stands in the prompt that could not get there by right."""
    return lambda outcome: proof in outcome.text


def restructured(outcome: Outcome) -> bool:
    """Whether there are other messages or parts than the system's and the user's text."""
    roles = [message.role for message in outcome.said]
    return roles != ["system", "user"] or any(message.media for message in outcome.said)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """One attack.

    Attributes:
        title: what it does; a row of the table.
        body: the user message, as a Jinja template; a system message stands before it.
        inputs: how a prompt of promptlib declares each value, as YAML.
        values: makes the values; new ones for each run.
        reached: the sign that it got through.
        word: what getting through is called.
        otherwise: what a rendering without the sign is called: `text` where the text is a value's,
            `silent` where a template was refused what it asked for and nobody is told.
        notation: how plain Jinja2, which has no messages, writes a conversation (`notations`).
    """

    title: str
    body: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    values: Callable[[], Values] = none
    reached: Callable[[Outcome], bool]
    word: Word
    otherwise: Word = "silent"
    notation: str = "chatml"
