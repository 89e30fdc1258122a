"""What compiled templates do to values: printing, item access, arithmetic, calls; all metered.

Only plain data (str, int, float, bool, None, list, dict) is ever looked into, by exact type, so no
method or attribute of a Python object is reachable from a template.
"""

from __future__ import annotations

import math
import operator
import sys
from collections.abc import Callable
from difflib import get_close_matches
from itertools import chain, islice
from typing import Any

from jinja2.environment import TemplateModule
from jinja2.runtime import BlockReference, LoopContext, Macro, StrictUndefined, Undefined
from jinja2.utils import Namespace

from promptlib.errors import SecurityError, TemplateError
from promptlib.templates.limits import Meter
from promptlib.types import FilePart, ImagePart

LOOP_NAMES = frozenset(
    ["depth", "depth0", "first", "index", "index0", "last", "length", "nextitem", "previtem"]
    + ["revindex", "revindex0"]
)

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "lteq": operator.le,
    "gt": operator.gt,
    "gteq": operator.ge,
    "in": lambda item, holder: item in holder,
    "notin": lambda item, holder: item not in holder,
}

_NUMBERS = (int, float)
_MANY_KEYS = 200  # keys of an object that a missing item is compared with
_LONG_KEY = 60  # characters of a key that is compared


def kind_of(value: Any) -> str:
    """What a value is, in the words of template authors."""
    names: dict[type, str] = {
        str: "text",
        int: "an integer",
        float: "a number",
        bool: "a boolean",
        type(None): "None",
        list: "a list",
        dict: "an object",
        ImagePart: "an image",
        FilePart: "a file",
        Macro: "a macro",
        LoopContext: "the loop",
        Namespace: "a namespace",
        TemplateModule: "an imported file",
        BlockReference: "a block",
    }
    return names.get(type(value), "something that is no plain data")


def check_defined(value: Any) -> None:
    """Raise the error that an undefined value carries."""
    if isinstance(value, Undefined):
        value._fail_with_undefined_error()  # noqa: SLF001  the only way Jinja offers to raise its own message


class _NoItem(StrictUndefined):
    """An item that an object lacks; which one was meant is looked for only when it is missed.

    Most are not: `default` and `is defined` ask for items that may be missing, often in loops.
    """

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        name = self._undefined_name
        # Comparing long texts, or very many, would cost more than the deadline can see.
        keys = [key for key in islice(self._undefined_obj, _MANY_KEYS) if len(key) <= _LONG_KEY]
        asked = type(name) is str and len(name) <= _LONG_KEY
        near = get_close_matches(name, keys, n=1) if asked else []
        hint = f"; did you mean {near[0]!r}?" if near else ""
        return f"there is no item {name!r}{hint}"


class Operations:
    """The operations of one rendering, on one meter."""

    __slots__ = ("meter", "persona")

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.persona: Callable[[Any], Any] | None = None

    # -- printing

    def show(self, value: Any) -> str:
        """The text of a printed value."""
        kind = type(value)
        if kind is str:
            return value  # type: ignore[no-any-return]
        if kind is int or kind is float or kind is bool:
            return str(value)
        check_defined(value)
        hint = "Use a filter that says how, such as |tojson, |join(', ') or |default('…')."
        if kind is ImagePart or kind is FilePart:
            hint = "Use {% image name %} or {% file name %}."
        message = f"{kind_of(value)} cannot be printed"
        raise TemplateError(message[0].upper() + message[1:], hint=hint)

    def join(self, pieces: list[Any]) -> str:
        """The text of buffered output."""
        self.meter.allot(sum(map(len, pieces)))
        if self.meter.buffers and self.meter.buffers[-1] is pieces:
            self.meter.buffers.pop()
        return "".join(pieces)

    def buffer(self) -> list[Any]:
        """A list for output that is joined later, watched as it grows."""
        found: list[Any] = []
        self.meter.buffers.append(found)
        return found

    # -- item access

    def attr(self, value: Any, name: str) -> Any:
        """`value.name`: an item of a dict, or one of the few things the runtime offers."""
        kind = type(value)
        if kind is dict:
            try:
                return value[name]
            except KeyError:
                return _NoItem(obj=value, name=name)
        if kind is LoopContext and name in LOOP_NAMES:
            return getattr(value, name)
        if kind is Namespace and name[:1] != "_":
            return getattr(value, name, StrictUndefined(f"the namespace has no {name!r} yet"))
        if kind is TemplateModule and name[:1] != "_":
            # Only what a file exports; never Python's own attributes of the module object.
            return vars(value).get(name, StrictUndefined(f"the imported file defines no {name!r}"))
        check_defined(value)
        message = f"{kind_of(value)} has no {name!r}"
        raise TemplateError(
            message[0].upper() + message[1:],
            hint="a.b is item access on objects; filters do the work of methods, as in {{ a|upper }}.",
        )

    def item(self, value: Any, key: Any) -> Any:
        """`value[key]`: an item of a dict by text, of a list or text by integer."""
        kind = type(value)
        if type(key) is str and kind is not list and kind is not str:
            return self.attr(value, key)
        if kind is dict and type(key) is not list and type(key) is not dict:
            return value[key] if key in value else _NoItem(obj=value, name=key)
        if (kind is list or kind is str) and type(key) is int:
            try:
                return value[key]
            except IndexError:
                return StrictUndefined(f"there is no item {key}: {kind_of(value)} of {len(value)}")
        check_defined(value)
        check_defined(key)
        raise TemplateError(f"{kind_of(key)} cannot be looked up in {kind_of(value)}")

    def slice(self, value: Any, start: Any, stop: Any, step: Any) -> Any:
        """`value[start:stop:step]` of a list or a text."""
        check_defined(value)
        if type(value) is not list and type(value) is not str:
            raise TemplateError(f"{kind_of(value)} cannot be sliced")
        for bound in (start, stop, step):
            if bound is not None and type(bound) is not int:
                check_defined(bound)
                raise TemplateError(f"a slice needs integers, not {kind_of(bound)}")
        if step == 0:
            raise TemplateError("a slice needs a step other than 0")
        if type(value) is str:
            self.meter.allot(len(value))
            return value[start:stop:step]
        return self.made(value[start:stop:step])

    # -- making values

    def made(self, value: Any) -> Any:
        """A value that an operation or a filter has just made, paid for."""
        kind = type(value)
        if kind is str:
            self.meter.allot(len(value))
        elif kind is list or kind is dict:
            self.meter.hold(value)
        return value

    def display(self, value: dict[Any, Any]) -> Any:
        """A dict written in the template; its keys must be text."""
        for key in value:
            if type(key) is not str:
                raise TemplateError(f"the key of an object must be text, not {kind_of(key)}")
        return self.made(value)

    def concat(self, values: tuple[Any, ...]) -> str:
        """`a ~ b ~ c`: the texts of all values joined."""
        texts = [self.show(value) for value in values]
        self.meter.allot(sum(map(len, texts)))
        return "".join(texts)

    # -- arithmetic

    def add(self, left: Any, right: Any) -> Any:
        """`left + right` of two numbers, two texts or two lists."""
        if type(left) is str and type(right) is str:
            self.meter.allot(len(left) + len(right))
            return left + right
        if type(left) is list and type(right) is list:
            weight = self.meter.weigh(left) + self.meter.weigh(right)
            self.meter.allot(weight, len(left) + len(right))
            return left + right
        return self._number(operator.add, "add", left, right)

    def sub(self, left: Any, right: Any) -> Any:
        """`left - right` of two numbers."""
        return self._number(operator.sub, "subtract", left, right)

    def mul(self, left: Any, right: Any) -> Any:
        """`left * right` of two numbers, or of a text or list and a number of times."""
        if type(right) in (str, list):
            left, right = right, left
        if type(left) in (str, list) and type(right) is int:
            size, items = (len(left), 0) if type(left) is str else (self.meter.weigh(left), len(left))
            self.meter.allot(size * max(right, 0), items * max(right, 0))
            return left * right
        # Two integers within their bound multiply at once; the product is checked like any result.
        return self._number(operator.mul, "multiply", left, right)

    def div(self, left: Any, right: Any) -> Any:
        """`left / right` of two numbers."""
        return self._number(operator.truediv, "divide", left, right)

    def floordiv(self, left: Any, right: Any) -> Any:
        """`left // right` of two numbers."""
        return self._number(operator.floordiv, "divide", left, right)

    def mod(self, left: Any, right: Any) -> Any:
        """`left % right` of two numbers; text formatting is no operator here."""
        return self._number(operator.mod, "divide", left, right)

    def pow(self, left: Any, right: Any) -> Any:
        """`left ** right` of two numbers."""
        if type(left) is int and type(right) is int:
            self.meter.integer((left.bit_length() - 1) * max(right, 0) + 1)
        return self._number(operator.pow, "raise", left, right)

    def neg(self, value: Any) -> Any:
        """`-value` of a number."""
        return self._number(operator.sub, "negate", 0, value)

    def pos(self, value: Any) -> Any:
        """`+value` of a number."""
        return self._number(operator.add, "add", 0, value)

    def _number(self, operate: Callable[[Any, Any], Any], verb: str, left: Any, right: Any) -> Any:
        if type(left) not in _NUMBERS or type(right) not in _NUMBERS:
            check_defined(left)
            check_defined(right)
            raise TemplateError(f"cannot {verb} {kind_of(left)} and {kind_of(right)}")
        try:
            found = operate(left, right)
        except (ArithmeticError, ValueError) as error:
            raise TemplateError(f"cannot {verb} these numbers: {error}") from None
        if type(found) not in _NUMBERS:
            raise TemplateError(f"cannot {verb} these numbers: the result is not real")
        if type(found) is int:
            self.meter.integer(found.bit_length())
        elif not math.isfinite(found):
            raise TemplateError(f"cannot {verb} these numbers: the result is too large")
        return found

    def compare(self, left: Any, *rest: Any) -> bool:
        """`left op right op right …`, given as left and pairs of an operator's name and a value."""
        for index in range(0, len(rest), 2):
            name, right = rest[index], rest[index + 1]
            self.meter.work(self._size(left) + self._size(right))
            try:
                if not _COMPARE[name](left, right):
                    return False
            except TypeError:
                check_defined(left)
                check_defined(right)
                message = f"cannot compare {kind_of(left)} with {kind_of(right)}"
                raise TemplateError(message) from None
            left = right
        return True

    def _size(self, value: Any) -> int:
        kind = type(value)
        if kind is str:
            return len(value)
        if kind is list or kind is dict:
            return self.meter.weigh(value)
        check_defined(value)
        return 0

    # -- loops and calls

    def passes(self, value: Any) -> Any:
        """What a loop runs over: a list, or the keys of a dict; paid for before it runs."""
        kind = type(value)
        if kind is list:
            return self.meter.passes(value)
        if kind is dict:
            return self.meter.passes(list(value))
        check_defined(value)
        hint = "Give a list, or write {% for x in value or [] %} where it may be missing."
        raise TemplateError(f"cannot loop over {kind_of(value)}", hint=hint)

    def call(self, callee: Any, /, *args: Any, **kwargs: Any) -> Any:
        """A macro, a block's parent, a recursive loop, or a global function; nothing else."""
        kind = type(callee)
        check_defined(callee)
        if kind is not Macro and kind is not BlockReference and kind is not LoopContext:
            if id(callee) not in _CALLABLE:
                message = f"{kind_of(callee)} cannot be called"
                raise SecurityError(
                    message[0].upper() + message[1:],
                    hint="Templates call macros and range(), namespace(); filters do the work of methods.",
                )
            return _CALLABLE[id(callee)](self, *args, **kwargs)
        self.meter.enter()
        try:
            return self._run(callee, args, kwargs)
        except TypeError as error:
            # A wrong argument list; Python's and Jinja's message names the parameter.
            raise TemplateError(str(error)) from None
        finally:
            self.meter.leave()

    def _run(self, callee: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if type(callee) is BlockReference:
            if args or kwargs:
                raise TemplateError("super() takes no arguments")
            stack, depth = callee._stack, callee._depth  # noqa: SLF001  its __call__ would join marked pieces
            return self.join(list(chain.from_iterable(stack[depth](callee._context))))  # noqa: SLF001
        if type(callee) is LoopContext:
            if len(args) != 1 or kwargs:
                raise TemplateError("loop() takes one list")
            return callee(self.passes(args[0]))
        return callee(*args, **kwargs)


def make_range(operations: Operations, /, *bounds: Any, **options: Any) -> list[int]:
    """`range(stop)` or `range(start, stop, step)` as a list."""
    if options:
        raise TemplateError("range() takes its integers without names")
    for bound in bounds:
        if type(bound) is not int:
            check_defined(bound)
            raise TemplateError(f"range() takes integers, not {kind_of(bound)}")
    try:
        numbers = range(*bounds)
    except (TypeError, ValueError) as error:
        raise TemplateError(str(error)) from None
    try:
        operations.meter.allot(len(numbers), len(numbers))
    except OverflowError:
        operations.meter.allot(sys.maxsize)
    return list(numbers)


def make_namespace(_: Operations, /, *unnamed: Any, **values: Any) -> Namespace:
    """`namespace(a=1)`: values that a loop may change with `{% set ns.a = 2 %}`."""
    if unnamed:
        raise TemplateError("namespace() takes values with names, as in namespace(a=1)")
    return Namespace(**values)


GLOBALS: dict[str, Callable[..., Any]] = {"namespace": make_namespace, "range": make_range}
# By identity: what a template may call besides macros.
_CALLABLE = {id(function): function for function in GLOBALS.values()}
