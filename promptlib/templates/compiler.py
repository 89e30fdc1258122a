"""Jinja's code generator with every operation routed through the metered ones, and nothing folded.

Generated code calls methods of `Operations`, fetched once a function into locals that begin with
`p_`. Output is yielded as tuples of pieces, one tuple a run of output: template text as plain `str`,
marks, and printed values as a `Printed` mark (a constant of the compiled file) and the text behind it.
Inside buffers, which Jinja joins, values come without their mark.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame, operators
from jinja2.runtime import Context

from promptlib.errors import TemplateError
from promptlib.templates.filters import PURE
from promptlib.templates.marks import Mark, Printed
from promptlib.templates.operations import Operations

OPERATIONS_KEY = "#operations"  # no identifier, so that no template can name it

# The operations that the code of each kind of node calls.
_NEEDS: dict[type[nodes.Node], str] = {
    nodes.Output: "show",
    nodes.Getattr: "attr",
    nodes.Getitem: "item slice",
    nodes.Filter: "made",
    nodes.List: "made",
    nodes.Tuple: "made",
    nodes.Dict: "display",
    nodes.Call: "call",
    nodes.CallBlock: "buffer call",
    nodes.Macro: "buffer",
    nodes.FilterBlock: "buffer made",
    nodes.AssignBlock: "buffer made",
    nodes.For: "buffer passes",
    nodes.MarkSafe: "passes",
    nodes.Compare: "compare",
    nodes.Concat: "concat",
    nodes.Add: "add",
    nodes.Sub: "sub",
    nodes.Mul: "mul",
    nodes.Div: "div",
    nodes.FloorDiv: "floordiv",
    nodes.Mod: "mod",
    nodes.Pow: "pow",
    nodes.Neg: "neg",
    nodes.Pos: "pos",
}


class RenderContext(Context):
    """A context that knows the operations of its rendering; each one made is paid for."""

    def __init__(
        self,
        environment: Any,
        parent: dict[str, Any],
        name: str | None,
        blocks: Mapping[str, Any],
        globals: Any = None,  # noqa: A002, ARG002  Jinja's signature; globals are in the parent
    ) -> None:
        # Jinja's own __init__ without an EvalContext a context: escaping is never decided at run time.
        self.parent = parent
        self.vars = {}
        self.environment = environment
        self.eval_ctx = environment.eval_ctx
        self.exported_vars = set()
        self.name = name
        self.globals_keys = set()
        self.blocks = {key: [block] for key, block in blocks.items()}
        self.operations: Operations = parent[OPERATIONS_KEY]
        self.operations.meter.spend()


def _binary(name: str) -> Callable[[Any, Any, Frame], None]:
    def visit(self: Generator, node: Any, frame: Frame) -> None:
        self.operation(name, frame, node.left, node.right)

    return visit


def _unary(name: str) -> Callable[[Any, Any, Frame], None]:
    def visit(self: Generator, node: Any, frame: Frame) -> None:
        self.operation(name, frame, node.node)

    return visit


class Generator(CodeGenerator):
    """Generates the code of one file."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # `optimized=False` alone leaves constants in output folded.
        self.optimizer = None
        # The marks that the code names V0, V1, …
        self.printed: list[Mark] = []
        self.needed: list[str] = []

    def operation(self, name: str, frame: Frame, *operands: nodes.Expr) -> None:
        """Write a call of one operation on expressions."""
        self.write(f"p_{name}(")
        for operand in operands:
            self.visit(operand, frame)
            self.write(", ")
        self.write(")")

    # -- the frame of every function

    def write_commons(self) -> None:
        super().write_commons()
        self.writeline("p = context.operations")
        for name in self.needed:
            self.writeline(f"p_{name} = p.{name}")
        self.writeline("concat = p.join")

    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:
        # Fetching all operations in every function would cost more than most prompts do.
        kinds = {type(found) for found in node.find_all(nodes.Node)}
        self.needed = sorted({name for kind in kinds for name in _NEEDS.get(kind, "").split()})
        super().visit_Template(node, frame)

    def visit_ExtensionAttribute(self, node: nodes.ExtensionAttribute, frame: Frame) -> None:  # noqa: ARG002  Jinja's signature
        self.write(f"M_{node.name}")

    def buffer(self, frame: Frame) -> None:
        frame.buffer = self.temporary_identifier()
        self.writeline(f"{frame.buffer} = p_buffer()")

    # -- output

    def visit_Output(self, node: nodes.Output, frame: Frame) -> None:
        # In a file that extends another, only blocks give output.
        if frame.require_output_check and self.has_known_extends:
            return
        if is_persona(node):
            self.writeline("yield from p.persona(context)", node)
            return
        self.writeline("yield (" if frame.buffer is None else f"{frame.buffer}.extend((")
        self.indent()
        for child in node.nodes:
            self.newline(child)
            self._piece(child, frame)
        self.outdent()
        self.writeline(")" if frame.buffer is None else "))")

    def _piece(self, child: nodes.Expr, frame: Frame) -> None:
        if isinstance(child, nodes.TemplateData):
            self.write(f"{child.data!r},")
            return
        if not is_mark(child):
            if frame.buffer is None:
                self.write(f"{self._printed(child)}, ")
            self.operation("show", frame, child)
        else:
            self.visit(child, frame)
        self.write(",")

    def _printed(self, node: nodes.Node) -> str:
        self.printed.append(Printed(*provenance(node)))
        return f"V{len(self.printed) - 1}"

    def start_write(self, frame: Frame, node: nodes.Node | None = None) -> None:
        # What Jinja writes by itself: call blocks, filter blocks and recursive loops.
        if frame.buffer is not None:
            super().start_write(frame, node)
        else:
            self.writeline(f"yield ({self._printed(node or nodes.Const(None))}, ", node)

    def end_write(self, frame: Frame) -> None:  # noqa: ARG002  Jinja's signature
        self.write(")")

    def simple_write(self, s: str, frame: Frame, node: nodes.Node | None = None) -> None:
        # Only `event`, the pieces of a block or an included file, is written so.
        self.writeline(f"yield {s}" if frame.buffer is None else f"{frame.buffer}.extend({s})", node)

    # -- expressions

    visit_Add = _binary("add")
    visit_Sub = _binary("sub")
    visit_Mul = _binary("mul")
    visit_Div = _binary("div")
    visit_FloorDiv = _binary("floordiv")
    visit_Mod = _binary("mod")
    visit_Pow = _binary("pow")
    visit_Neg = _unary("neg")
    visit_Pos = _unary("pos")

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:
        self.write("p_concat((")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write("))")

    def visit_Compare(self, node: nodes.Compare, frame: Frame) -> None:
        self.write("p_compare(")
        self.visit(node.expr, frame)
        for operand in node.ops:
            if operand.op not in operators:
                raise nodes.Impossible
            self.write(f", {operand.op!r}, ")
            self.visit(operand.expr, frame)
        self.write(")")

    def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:
        self.write("p_attr(")
        self.visit(node.node, frame)
        self.write(f", {node.attr!r})")

    def visit_Getitem(self, node: nodes.Getitem, frame: Frame) -> None:
        if not isinstance(node.arg, nodes.Slice):
            self.operation("item", frame, node.node, node.arg)
            return
        bounds = (node.arg.start, node.arg.stop, node.arg.step)
        self.operation("slice", frame, node.node, *(bound or nodes.Const(None) for bound in bounds))

    def visit_List(self, node: nodes.List, frame: Frame) -> None:
        self.write("p_made([")
        for item in node.items:
            self.visit(item, frame)
            self.write(", ")
        self.write("])")

    def visit_Tuple(self, node: nodes.Tuple, frame: Frame) -> None:
        if node.ctx == "load":
            self.visit_List(node, frame)  # type: ignore[arg-type]  # both have items
        else:
            super().visit_Tuple(node, frame)

    def visit_Dict(self, node: nodes.Dict, frame: Frame) -> None:
        self.write("p_display(")
        super().visit_Dict(node, frame)
        self.write(")")

    def visit_Filter(self, node: nodes.Filter, frame: Frame) -> None:
        self.write(f"p_made({self.filters[node.name]}(p, ")
        if node.node is None:
            # The filter of a filter block or a set block works on what was buffered.
            self.write(f"concat({frame.buffer})")
        else:
            self.visit(node.node, frame)
        self.signature(node, frame)
        self.write("))")

    def visit_Test(self, node: nodes.Test, frame: Frame) -> None:
        self.write(f"{self.tests[node.name]}(p, ")
        self.visit(node.node, frame)
        self.signature(node, frame)
        self.write(")")

    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:  # noqa: FBT001, FBT002  Jinja's signature
        if is_mark(node) and (mark := self._constant_mark(node)) is not None:
            self.printed.append(mark)
            self.write(f"V{len(self.printed) - 1}")
            return
        if is_mark(node):
            # A tag with arguments: a method of our own extension, called as it stands.
            self.visit(node.node, frame)
            self.write("(p")
        else:
            self.write("p_call(")
            self.visit(node.node, frame)
        self.signature(node, frame, {"caller": "caller"} if forward_caller else None)
        self.write(")")

    def _constant_mark(self, node: nodes.Call) -> Any:
        """The mark of a section whose options are all written out; None where it must be computed."""
        given = [arg.value for arg in node.args if isinstance(arg, nodes.Const)]
        options = {o.key: o.value.value for o in node.kwargs if isinstance(o.value, nodes.Const)}
        if len(given) + len(options) < len(node.args) + len(node.kwargs):
            return None
        make = getattr(self.environment.extensions[node.node.identifier], node.node.name)  # type: ignore[attr-defined]
        try:
            return make(None, *given, **options)
        except TemplateError:
            # Raised again when it is rendered, where it gets its place.
            return None

    # -- what loops run over, and imports

    def visit_MarkSafe(self, node: nodes.MarkSafe, frame: Frame) -> None:
        # Jinja's parser never makes this node; here it wraps what a loop runs over.
        self.operation("passes", frame, node.expr)

    def _import_common(self, node: Any, frame: Frame) -> None:
        # Always with this context: the stock cache would hold another rendering's.
        self.write("environment.get_template(")
        self.visit(node.template, frame)
        self.write(f", {self.name!r}).make_module(context.get_all(), True, {self.dump_local_context(frame)})")


def is_mark(node: Any) -> bool:
    """Whether an expression is one of promptlib's own tags."""
    target = node.node if isinstance(node, nodes.Call) else node
    return isinstance(target, nodes.ExtensionAttribute)


def is_persona(node: nodes.Output) -> bool:
    """Whether an output statement is the tag `{% persona %}`."""
    return any(
        isinstance(child, nodes.ExtensionAttribute) and child.name == "persona" for child in node.nodes
    )


def provenance(node: nodes.Node) -> tuple[tuple[str, ...], bool]:
    """The names an expression reads, and whether its text can hold nothing else."""
    names = {name.name for name in [node, *node.find_all(nodes.Name)] if isinstance(name, nodes.Name)}
    return tuple(sorted(names)), bool(names) and _is_pure(node)


def _is_pure(node: Any) -> bool:
    while True:
        if isinstance(node, nodes.Name):
            return True
        if isinstance(node, nodes.Filter):
            if node.name not in PURE or node.args or node.kwargs:
                return False
        elif not isinstance(node, nodes.Getattr | nodes.Getitem):
            return False
        node = node.node
