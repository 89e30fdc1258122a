"""How conversations are written in plain Jinja2, which has no messages, and how each is read back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from scripts.attacks.attack import Said, Values

Render = Callable[[str, Values], str]


class Notation(NamedTuple):
    """One way to write a conversation around a user message, and to read what was rendered."""

    around: str  # the user message's template goes where {body} stands
    read: Callable[[str], list[Said]]
    twice: bool = False
    pasted: bool = False

    def run(self, body: str, values: Values, render: Render) -> list[Said]:
        """The messages that a user message gives in this notation."""
        if self.pasted:
            for name, value in values.items():
                body = body.replace(f"{{{{ {name} }}}}", f"{{% raw %}}{value}{{% endraw %}}")
        rendered = render(self.around.replace("{body}", body), values)
        return self.read(render(rendered, values) if self.twice else rendered)


def _by_marks(pattern: str) -> Callable[[str], list[Said]]:
    found = re.compile(pattern, flags=re.DOTALL | re.MULTILINE)
    return lambda text: [Said(match[1], match[2]) for match in found.finditer(text)]


def _from_json(text: str) -> list[Said]:
    return [_said(message) for message in json.loads(text, strict=False)]


def _said(message: Any) -> Said:
    content = message["content"]
    if isinstance(content, str):
        return Said(message["role"], content)
    texts = [part["text"] for part in content if part["type"] == "text"]
    return Said(message["role"], "\n".join(texts), len(content) - len(texts))


_CHATML = "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n{body}<|im_end|>\n"
_READ_CHATML = _by_marks(r"<\|im_start\|>(\w+)\n(.*?)<\|im_end\|>")

NOTATIONS = {
    "chatml": Notation(_CHATML, _READ_CHATML),
    "llama": Notation(
        "<|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|>"
        "<|start_header_id|>user<|end_header_id|>\n\n{body}<|eot_id|>",
        _by_marks(r"<\|start_header_id\|>(\w+)<\|end_header_id\|>\n\n(.*?)<\|eot_id\|>"),
    ),
    "lines": Notation(
        "system:\nBe brief.\nuser:\n{body}\n",
        _by_marks(r"^(system|user|assistant):\n(.*?)(?=^(?:system|user|assistant):\n|\Z)"),
    ),
    "xml": Notation(
        '<message role="system">Be brief.</message>\n<message role="user">{body}</message>',
        _by_marks(r'<message role="(\w+)">(.*?)</message>'),
    ),
    "json": Notation(
        '[{"role": "system", "content": "Be brief."}, {"role": "user", "content": "{body}"}]', _from_json
    ),
    "parts": Notation(
        '[{"role": "system", "content": "Be brief."}, '
        '{"role": "user", "content": [{"type": "text", "text": "{body}"}]}]',
        _from_json,
    ),
    # A persona or partial is rendered first, and becomes part of the template that is rendered next.
    "twice": Notation(_CHATML, _READ_CHATML, twice=True),
    # The template is put together from data, which {% raw %} is to keep from being read as code.
    "pasted": Notation(_CHATML, _READ_CHATML, pasted=True),
}
