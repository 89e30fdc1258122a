"""The libraries under attack: each renders a system message and the attack's user message."""

from __future__ import annotations

import importlib.metadata
import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from scripts.attacks.attack import Attack, Said, Values
from scripts.attacks.notations import NOTATIONS

# A table of attacks is no use to anybody's statistics.
os.environ.setdefault("HAYSTACK_TELEMETRY_ENABLED", "False")

_SYSTEM = "Be brief."


class Library(NamedTuple):
    """A library: its name in the table, its distribution, and how it renders.

    `render` takes the attack, its values, and a folder that is empty.
    """

    name: str
    distribution: str
    render: Callable[[Attack, Values, Path], list[Said]]

    @property
    def version(self) -> str | None:
        """The installed version, None where it is not installed."""
        try:
            return importlib.metadata.version(self.distribution)
        except importlib.metadata.PackageNotFoundError:
            return None


def _promptlib(attack: Attack, values: Values, folder: Path) -> list[Said]:
    from promptlib import Registry
    from promptlib.types import TextPart

    inputs = ", ".join(f"{name}: {declared}" for name, declared in attack.inputs.items())
    messages = f"{{% system %}}{_SYSTEM}{{% endsystem %}}\n{{% user %}}\n{attack.body}\n{{% enduser %}}"
    (folder / "attack.jinja").write_text(f"---\ninputs: {{{inputs}}}\n---\n{messages}\n", encoding="utf-8")
    prompt = Registry.open(folder).render("attack", values)
    return [
        Said(message.role, message.text, sum(not isinstance(part, TextPart) for part in message.parts))
        for message in prompt.messages
    ]


def _jinja2(attack: Attack, values: Values, _folder: Path) -> list[Said]:
    from jinja2 import Environment

    environment = Environment()  # noqa: S701  prompts are no HTML

    def render(text: str, values: Values) -> str:
        return environment.from_string(text).render(values)

    return NOTATIONS[attack.notation].run(attack.body, values, render)


# Peers are imported by name, so that type checkers need not have them.


def _banks(attack: Attack, values: Values, _folder: Path) -> list[Said]:
    prompt = import_module("banks").Prompt(
        f'{{% chat role="system" %}}{_SYSTEM}{{% endchat %}}\n'
        f'{{% chat role="user" %}}{attack.body}{{% endchat %}}'
    )
    return [_with_parts(message.role, message.content) for message in prompt.chat_messages(dict(values))]


def _langchain(attack: Attack, values: Values, _folder: Path) -> list[Said]:
    prompts = import_module("langchain_core.prompts")
    prompt = prompts.ChatPromptTemplate.from_messages(
        [("system", _SYSTEM), ("human", attack.body)], template_format="jinja2"
    )
    roles = {"human": "user", "ai": "assistant"}
    messages = prompt.invoke(dict(values)).to_messages()
    return [_with_parts(roles.get(message.type, message.type), message.content) for message in messages]


def _with_parts(role: str, content: Any) -> Said:
    if isinstance(content, str):
        return Said(role, content)
    texts = [text for part in content if (text := getattr(part, "text", None)) is not None]
    return Said(role, "\n".join(texts), len(content) - len(texts))


def _haystack(attack: Attack, values: Values, _folder: Path) -> list[Said]:
    builders = import_module("haystack.components.builders")
    builder = builders.ChatPromptBuilder(
        template=f'{{% message role="system" %}}{_SYSTEM}{{% endmessage %}}\n'
        f'{{% message role="user" %}}{attack.body}{{% endmessage %}}'
    )
    messages = builder.run(template_variables=dict(values))["prompt"]
    return [_with_parts(message.role.value, message._content) for message in messages]  # noqa: SLF001  all parts


LIBRARIES = (
    Library("promptlib", "promptlib-kit", _promptlib),
    Library("jinja2", "jinja2", _jinja2),
    Library("banks", "banks", _banks),
    Library("langchain-core", "langchain-core", _langchain),
    Library("haystack", "haystack-ai", _haystack),
)
