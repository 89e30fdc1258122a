"""The one Jinja environment of promptlib, and the only place that makes one."""

from __future__ import annotations

from typing import Any

from jinja2 import BaseLoader, nodes
from jinja2.environment import Template as JinjaTemplate
from jinja2.exceptions import TemplateNotFound
from jinja2.runtime import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from promptlib.templates.compiler import Generator, RenderContext
from promptlib.templates.filters import FILTERS, TESTS
from promptlib.templates.grammar import Tags
from promptlib.templates.limits import DEFAULT_LIMITS, RenderLimits, exceeded
from promptlib.templates.operations import GLOBALS

# A few constructs make code that grows with the square of the template; this caps it, in characters.
_CODE_SIZE = 4 * 1024 * 1024


class PromptEnvironment(ImmutableSandboxedEnvironment):
    """Parses and compiles the files of one prompt; knows no other file, filter, test or global.

    The stock sandbox stays underneath as a second wall: nothing that is generated reaches it.
    """

    code_generator_class = Generator
    context_class = RenderContext

    def __init__(self, limits: RenderLimits = DEFAULT_LIMITS) -> None:
        self.limits = limits
        super().__init__(
            autoescape=False,
            cache_size=0,
            extensions=[Tags],
            keep_trailing_newline=False,
            loader=BaseLoader(),
            lstrip_blocks=True,
            newline_sequence="\n",
            optimized=False,
            trim_blocks=True,
            undefined=StrictUndefined,
        )
        self.filters = dict(FILTERS)
        self.tests = dict(TESTS)
        self.globals = dict(GLOBALS)
        self.programs: dict[str, JinjaTemplate] = {}

    def get_template(self, name: Any, parent: str | None = None, globals: Any = None) -> JinjaTemplate:  # noqa: A002, ARG002  Jinja's signature
        """A file of this prompt, compiled."""
        try:
            return self.programs[name]
        except KeyError:
            raise TemplateNotFound(name) from None

    def _generate(
        self, source: nodes.Template, name: str | None, filename: str | None, defer_init: bool = False  # noqa: FBT001, FBT002  Jinja's signature
    ) -> str:
        code = super()._generate(source, name, filename, defer_init)
        if len(code) > _CODE_SIZE:
            raise exceeded("nodes", self.limits.nodes)
        return code

    def add(self, path: str, tree: nodes.Template) -> None:
        """Compile a parsed file under its path."""
        code = self.compile(tree, name=path, filename=path)
        # Not Template.from_code with fresh globals: these are the same for every file.
        self.programs[path] = JinjaTemplate.from_code(self, code, dict(GLOBALS))
