"""Jinja's code generator with every operation routed through the metered ones, and nothing folded.

Generated code calls methods of `Operations`, fetched once a function into locals that begin with
`p_`. Printed expressions outside buffers are yielded as `(text, names, pure)`: the text, the names
the expression reads, and whether the text holds nothing but what these names hold. Template text is
yielded as plain `str`, marks as they are, so that the three stay apart in the stream.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame, operators
from jinja2.runtime import Context

from promptlib.templates.filters import PURE
from promptlib.templates.operations import Operations

OPERATIONS_KEY = "#operations"  # no identifier, so that no template can name it

_LOCALS = (
    "add attr buffer call compare concat display div floordiv item made mod mul neg passes pos pow show slice sub"
).split()


class RenderContext(Context):
    """A context that knows the operations of its rendering; each one made is paid for."""

    def __init__(self, environment: Any, parent: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        super().__init__(environment, parent, *args, **kwargs)
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
        for name in _LOCALS:
            self.writeline(f"p_{name} = p.{name}")
        self.writeline("concat = p.join")

    def buffer(self, frame: Frame) -> None:
        frame.buffer = self.temporary_identifier()
        self.writeline(f"{frame.buffer} = p_buffer()")

    # -- output

    def _output_child_to_const(self, node: nodes.Expr, frame: Frame, finalize: Any) -> str:
        if isinstance(node, nodes.TemplateData):
            return super()._output_child_to_const(node, frame, finalize)
        raise nodes.Impossible

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:  # noqa: ARG002  Jinja's signature
        if not is_mark(node):
            self.write("p_show(" if frame.buffer else "(p_show(")

    def _output_child_post(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:  # noqa: ARG002  Jinja's signature
        if is_mark(node):
            return
        names, pure = provenance(node)
        self.write(")" if frame.buffer else f"), {names!r}, {pure!r})")

    def visit_Output(self, node: nodes.Output, frame: Frame) -> None:
        if is_persona(node):
            self.writeline("yield from p.persona(context)", node)
            return
        super().visit_Output(node, frame)

    # -- expressions

    visit_Add = _binary("add")  # noqa: N815  Jinja dispatches on these names
    visit_Sub = _binary("sub")  # noqa: N815
    visit_Mul = _binary("mul")  # noqa: N815
    visit_Div = _binary("div")  # noqa: N815
    visit_FloorDiv = _binary("floordiv")  # noqa: N815
    visit_Mod = _binary("mod")  # noqa: N815
    visit_Pow = _binary("pow")  # noqa: N815
    visit_Neg = _unary("neg")  # noqa: N815
    visit_Pos = _unary("pos")  # noqa: N815

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
        if is_mark(node):
            # A tag with arguments: a method of our own extension, called as it stands.
            self.visit(node.node, frame)
            self.write("(p")
        else:
            self.write("p_call(")
            self.visit(node.node, frame)
        self.signature(node, frame, {"caller": "caller"} if forward_caller else None)
        self.write(")")

    # -- loops, includes and imports

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
    return any(isinstance(child, nodes.ExtensionAttribute) and child.name == "persona" for child in node.nodes)


def provenance(node: nodes.Expr) -> tuple[tuple[str, ...], bool]:
    """The names an expression reads, and whether its text can hold nothing else."""
    names = {name.name for name in [node, *node.find_all(nodes.Name)] if isinstance(name, nodes.Name)}
    return tuple(sorted(names)), _is_pure(node)


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
