"""The one Jinja environment of promptlib, and the only place that makes one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jinja2 import BaseLoader, nodes
from jinja2.environment import Template as JinjaTemplate
from jinja2.exceptions import TemplateNotFound
from jinja2.runtime import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from promptlib.templates.compiler import Generator, RenderContext
from promptlib.templates.filters import FILTERS
from promptlib.templates.grammar import MARKS, Tags
from promptlib.templates.limits import DEFAULT_LIMITS, RenderLimits, exceeded
from promptlib.templates.operations import GLOBALS
from promptlib.templates.predicates import TESTS

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
        tags = self.extensions[Tags.identifier]
        self._marks = {f"M_{name}": getattr(tags, name) for name in MARKS}
        self.eval_ctx = nodes.EvalContext(self)
        self.programs: dict[str, JinjaTemplate] = {}
        # Files that are nothing but text, as most personas are: their stream needs no code.
        self._static: dict[str, tuple[tuple[str, ...], ...]] = {}

    def get_template(self, name: Any, parent: Any = None, globals: Any = None) -> JinjaTemplate:  # noqa: A002, ARG002  Jinja's signature
        """A file of this prompt, compiled."""
        try:
            return self.programs[name]
        except KeyError:
            raise TemplateNotFound(name) from None

    def add(self, path: str, tree: nodes.Template) -> None:
        """Compile a parsed file under its path."""
        generator = Generator(self, path, path)
        generator.visit(tree)
        code: str = generator.stream.getvalue()  # type: ignore[attr-defined]
        if len(code) > _CODE_SIZE:
            raise exceeded("nodes", self.limits.nodes)
        namespace: dict[str, Any] = {"environment": self, "__file__": path, **self._marks}
        namespace.update((f"V{index}", mark) for index, mark in enumerate(generator.printed))
        exec(compile(code, path, "exec"), namespace)  # noqa: S102  this is what compiling a template is
        texts = [child for node in tree.body for child in node.iter_child_nodes()]
        plain = tuple(text.data for text in texts if isinstance(text, nodes.TemplateData))
        if len(plain) == len(texts) and all(isinstance(node, nodes.Output) for node in tree.body):
            self._static[path] = (plain,)
        self.programs[path] = JinjaTemplate._from_namespace(self, namespace, dict(GLOBALS))  # noqa: SLF001  from_code takes no names

    def start(self, path: str, values: dict[str, Any]) -> Iterator[tuple[str, ...]]:
        """The stream of a compiled file over values, which hold the globals and the operations too."""
        if path in self._static:
            return iter(self._static[path])
        program = self.programs[path]
        context = RenderContext(self, values, path, program.blocks)
        stream: Any = program.root_render_func(context)  # declared as texts; our generator yields tuples
        return stream  # type: ignore[no-any-return]
