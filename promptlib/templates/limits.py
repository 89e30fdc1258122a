"""How much one template may cost: the bounds, and the account that one rendering keeps of them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sized
from dataclasses import dataclass
from typing import Any

from promptlib.errors import RenderLimitError

_CHUNK = 64  # iterations between two looks at the clock
_LARGE = 4096  # an operation on more characters than this looks at the clock
_PIECES = 1_000_000  # pieces of output that may wait in memory at once
_ITEM = 24  # characters that take as much memory as an item of a list does at its most
_SMALL = 64  # a list of plain items that weighs no more is weighed anew each time
INTEGER_BITS = 4096
NESTING = 64  # how deep lists and dicts may nest, in inputs and while rendering


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderLimits:
    """Bounds on loading and rendering one prompt; sizes are in characters unless they say bytes.

    Attributes:
        template_bytes: size of one file, in UTF-8.
        nodes: nodes of the syntax tree of one file, and a quarter of its tokens.
        depth: how deep tags, brackets and operators nest.
        includes: how deep files include, import or extend others.
        iterations: passes of all loops, calls and includes of one rendering together.
        output: text of all messages together.
        value: one intermediate string or list, a list weighing what it holds; the size of the
            largest input where that is more.
        allocation: all intermediate strings and lists of one rendering together, and 24 times the
            items of its lists; sixteen times the largest input where that is more.
        calls: how deep macros and recursive loops call each other.
        cpu_seconds: processor time of one rendering, over its thread.
    """

    template_bytes: int = 256 * 1024
    nodes: int = 10_000
    depth: int = 32
    includes: int = 32
    iterations: int = 100_000
    output: int = 4 * 1024 * 1024
    value: int = 1024 * 1024
    allocation: int = 32 * 1024 * 1024
    calls: int = 32
    cpu_seconds: float = 2.0


DEFAULT_LIMITS = RenderLimits()

_MEANINGS = {
    "template_bytes": "the file is longer than {bound:,} bytes",
    "nodes": "the template has more than {bound:,} syntax nodes",
    "depth": "the template nests deeper than {bound:,} levels",
    "includes": "files include each other deeper than {bound:,} levels",
    "iterations": "more than {bound:,} loop passes, calls and includes",
    "output": "the rendered text is longer than {bound:,} characters",
    "value": "an intermediate value is larger than {bound:,} characters",
    "allocation": "all intermediate values together are larger than {bound:,} characters",
    "calls": "macros or recursive loops call each other deeper than {bound:,} levels",
    "cpu_seconds": "rendering took longer than {bound:,} seconds of processor time",
}


_FIXED = "Make the value smaller; this bound is fixed."


def exceeded(limit: str, bound: float, **place: Any) -> RenderLimitError:
    """The error for a bound that was reached; `limit` names the field of RenderLimits."""
    return RenderLimitError(
        _MEANINGS[limit].format(bound=bound),
        limit=limit,
        bound=bound,
        hint=f"Make the template smaller, or raise the bound: RenderLimits({limit}=…).",
        **place,
    )


class Meter:
    """What one rendering has used so far; raises RenderLimitError where a bound is reached."""

    __slots__ = (
        "_allocated",
        "_deadline",
        "_depth",
        "_items",
        "_iterations",
        "_limits",
        "_next_look",
        "_weights",
        "allocation_cap",
        "buffers",
        "value_cap",
    )

    def __init__(self, limits: RenderLimits, largest_input: int = 0) -> None:
        self._limits = limits
        self._iterations = 0
        self._next_look = min(_CHUNK, limits.iterations + 1)
        self._allocated = 0
        self._items = 0
        self._depth = 0
        self._deadline = time.thread_time() + limits.cpu_seconds
        self._weights: dict[int, tuple[int, int, int, Any]] = {}
        self.buffers: list[Sized] = []
        self.value_cap = max(limits.value, largest_input)
        self.allocation_cap = max(limits.allocation, 16 * largest_input)

    def look(self) -> None:
        """Check the clock, and how much output waits in memory."""
        if time.thread_time() > self._deadline:
            raise exceeded("cpu_seconds", self._limits.cpu_seconds)
        if self.buffers and sum(map(len, self.buffers)) > _PIECES:
            raise exceeded("output", self._limits.output)

    def spend(self, iterations: int = 1) -> None:
        """Take loop passes, calls or includes off the account, before they happen."""
        self._iterations += iterations
        if self._iterations >= self._next_look:
            if self._iterations > self._limits.iterations:
                raise exceeded("iterations", self._limits.iterations)
            self._next_look = min(self._iterations + _CHUNK, self._limits.iterations + 1)
            self.look()

    def allot(self, size: int, items: int = 0) -> None:
        """Take a new value of `size` characters, or of as many items, off the account, before it is made."""
        if size > self.value_cap:
            raise exceeded("value", self.value_cap)
        self._allocated += size
        self._items += items
        if self._allocated > self.allocation_cap or self._items * _ITEM > self.allocation_cap:
            raise exceeded("allocation", self.allocation_cap)
        if size > _LARGE:
            self.look()

    def hold(self, value: Any) -> None:
        """Take a list or object that has just been made off the account."""
        weight, items, _ = self._measure(value)
        self.allot(weight, items)

    def work(self, size: int) -> None:
        """Look at the clock before an operation that reads `size` characters and makes nothing."""
        if size > _LARGE:
            self.look()

    def integer(self, bits: int) -> None:
        """Refuse an integer of more than 4096 bits, before it is computed."""
        if bits > INTEGER_BITS:
            message = f"an integer has more than {INTEGER_BITS:,} bits"
            raise RenderLimitError(message, limit="value", bound=INTEGER_BITS, hint=_FIXED)

    def enter(self) -> None:
        """Begin a call; every `enter` has its `leave`."""
        self._depth += 1
        if self._depth > self._limits.calls:
            raise exceeded("calls", self._limits.calls)
        self.spend()

    def leave(self) -> None:
        """End a call."""
        self._depth -= 1

    def weigh(self, value: Any) -> int:
        """Characters and nodes in a value, shared parts counted each time they are reached.

        Counting with multiplicity is what stops a list that holds itself twice, sixty times over,
        from being compared or printed.
        """
        return len(value) + 1 if type(value) is str else self._measure(value)[0]

    def _measure(self, value: Any) -> tuple[int, int, int]:
        """Weight, number of items and depth of a value."""
        kind = type(value)
        if kind is not list and kind is not dict:
            return (len(value) + 1 if kind is str else 1), 1, 0
        known = self._weights.get(id(value))
        if known is not None:
            return known[:3]
        total, items, depth = 1, 1, 0
        for child in value if kind is list else (*value, *value.values()):
            weight, more, below = self._measure(child)
            total, items, depth = total + weight, items + more, max(depth, below)
            if total > 2 * self.value_cap:
                raise exceeded("value", self.value_cap)
        if depth >= NESTING:
            message = f"lists and objects nest deeper than {NESTING} levels"
            raise RenderLimitError(message, limit="depth", bound=NESTING, hint=_FIXED)
        if depth or total > _SMALL:
            # The value is kept beside its weight, so that its id cannot be used again.
            self._weights[id(value)] = total, items, depth + 1, value
        return total, items, depth + 1

    def passes(self, items: list[Any]) -> Any:
        """The items of a loop, paid for in advance; a long one looks at the clock as it goes."""
        self.spend(len(items))
        return items if len(items) <= _CHUNK else _Watched(items, self)


class _Watched:
    """A list that looks at the clock every 64 items."""

    __slots__ = ("_items", "_meter")

    def __init__(self, items: list[Any], meter: Meter) -> None:
        self._items = items
        self._meter = meter

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Any]:
        items, look = self._items, self._meter.look
        for start in range(0, len(items), _CHUNK):
            look()
            yield from items[start : start + _CHUNK]
