"""Fitting a prompt into its budget: what goes first, what is cut, what stays.

Sections go by priority, lowest first. Among equals the history goes first, then the section that
stands last. The oldest turns of the history go first, a tool call never without its result. Only
text that came from a value is cut, and what stands in no section is never touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from promptlib.assembly import Draft, ending_in_cache, message_of
from promptlib.templates.marks import CACHE, END_SECTION, Mark, Media, Printed, Section
from promptlib.tokens.fit_report import Action, Fit, FitPart, Fitted
from promptlib.tokens.truncation import truncated
from promptlib.types import Message

__all__ = ["fit"]

# A history that gives way gives a multiple of this share of the limit, so that the next turns keep
# their beginning: a provider's cache ends where a prompt first differs from the one before.
_STEPS = 3


@dataclass(slots=True)
class _Node:
    """One message: a draft with its pieces, or a turn."""

    item: Draft | Message
    message: Message
    pieces: list[str] = field(default_factory=list)
    tokens: int = 0
    dropped: bool = False
    cached: bool = False


@dataclass(slots=True)
class _Part:
    """A section around whole messages (`nodes`), or around pieces `start` to `end` of one."""

    section: Section
    place: int
    nodes: list[_Node]
    start: int = 0
    end: int = 0
    inside: bool = False
    before: int = 0
    after: int = 0
    action: Action = "kept"
    reason: str = ""


def fit(
    items: Sequence[Draft | Message | str],
    added: Sequence[Message],
    limit: int,
    *,
    count: Callable[[Message], int],
    count_text: Callable[[str], int],
    overhead: Callable[[int, bool], int],
    history_priority: int = 0,
    history_max: int | None = None,
) -> Fitted:
    """Fit a rendered prompt into `limit` tokens.

    Args:
        items: drafts, turns of the history, and marks between them, as `Rendered.items` has them.
        added: messages that follow, the last of which is what is asked now.
        limit: tokens for all of it, overhead included.
        count: tokens of one message's content; an upper bound where it is an estimate.
        count_text: tokens of a text, likewise.
        overhead: what roles, priming and tools add to so many messages, with or without a system one.
        history_priority: the priority of the history among the sections.
        history_max: tokens the history may take even where there is room.

    Returns:
        What is left. It is within the limit, or nothing more may go.
    """
    fitting = _Fitting(items, added, count, count_text)
    fitting.cap_sections()
    if history_max is not None:
        fitting.drop_turns(lambda: fitting.turn_tokens() - history_max, limit, "history.max_tokens")

    def surplus() -> int:
        return fitting.content + overhead(fitting.live, fitting.systems > 0) - limit

    for priority, give in fitting.order(history_priority):
        if surplus() <= 0:
            break
        if give is None:
            fitting.drop_turns(surplus, limit, "the prompt was over its budget")
        else:
            fitting.shrink(give, surplus, f"priority {priority} goes first")
    return fitting.report(limit, overhead, history_priority)


class _Fitting:
    def __init__(
        self,
        items: Sequence[Draft | Message | str],
        added: Sequence[Message],
        count: Callable[[Message], int],
        count_text: Callable[[str], int],
    ) -> None:
        self.count = count
        self.count_text = count_text
        self.nodes: list[_Node] = []
        self.turns: list[_Node] = []
        self.parts: list[_Part] = []
        self._read(items)
        following = [_Node(message, message) for message in added]
        self.nodes += following
        self.turns += following[:-1]
        # Running sums: a prompt of thousands of parts is fitted in linear time.
        self.content = self.live = self.systems = 0
        for node in self.nodes:
            node.tokens = count(node.message)
            self._account(node, 1)
        for part in self.parts:
            part.before = part.after = self._size(part)
        self.turns_before = self.turn_tokens()
        self.turns_count = len(self.turns)
        self.turns_reason = ""

    # -- reading

    def _read(self, items: Sequence[Draft | Message | str]) -> None:
        opened: list[_Part] = []
        for item in items:
            if isinstance(item, Draft):
                node = _Node(item, message_of(item), list(item.pieces))
                self._read_pieces(node)
            elif isinstance(item, Message):
                node = _Node(item, item)
                self.turns.append(node)
            else:
                self._between(item, opened)
                continue
            self.nodes.append(node)
            for part in opened:
                part.nodes.append(node)

    def _between(self, mark: str, opened: list[_Part]) -> None:
        if isinstance(mark, Section):
            opened.append(_Part(mark, len(self.parts), []))
            self.parts.append(opened[-1])
        elif mark is END_SECTION:
            opened.pop()
        elif mark is CACHE and self.nodes:
            last = self.nodes[-1]
            last.cached, last.message = True, ending_in_cache(last.message)

    def _read_pieces(self, node: _Node) -> None:
        opened: list[_Part] = []
        for index, piece in enumerate(node.pieces):
            if isinstance(piece, Section):
                opened.append(_Part(piece, len(self.parts), [node], start=index + 1, inside=True))
                self.parts.append(opened[-1])
            elif piece is END_SECTION:
                opened.pop().end = index

    # -- sizes

    def messages(self) -> tuple[Message, ...]:
        return tuple(node.message for node in self.nodes if not node.dropped)

    def _account(self, node: _Node, sign: int) -> None:
        self.content += sign * node.tokens
        self.live += sign
        self.systems += sign * (node.message.role == "system")

    def _lose(self, node: _Node) -> None:
        if not node.dropped:
            node.dropped = True
            self._account(node, -1)

    def turn_tokens(self) -> int:
        return sum(node.tokens for node in self.turns if not node.dropped)

    def _size(self, part: _Part) -> int:
        live = [node for node in part.nodes if not node.dropped]
        if not part.inside:
            return sum(node.tokens for node in live)
        return sum(self.count_text("".join(node.pieces[part.start : part.end])) for node in live)

    def _weigh(self, node: _Node) -> None:
        assert isinstance(node.item, Draft)  # noqa: S101  only drafts have sections inside
        message = message_of(Draft(node.item.role, list(node.pieces)))
        self._account(node, -1)
        node.message = ending_in_cache(message) if node.cached else message
        node.tokens = self.count(node.message)
        self._account(node, 1)

    # -- the order in which parts give way

    def order(self, history_priority: int) -> Iterator[tuple[int, _Part | None]]:
        """Priorities with the section that gives way, or None for the history."""
        ranked: list[tuple[int, int, int, _Part | None]] = [
            (part.section.priority, 1, -part.place, part) for part in self.parts
        ]
        ranked.append((history_priority, 0, 0, None))
        ranked.sort(key=lambda row: row[:3])
        yield from ((priority, part) for priority, _, _, part in ranked)

    # -- sections

    def cap_sections(self) -> None:
        """Hold each section to its own `max_tokens`, whether or not there is room for more."""
        for part in self.parts:
            most = part.section.max_tokens
            if most is not None and part.before > most:
                self.shrink(part, self._above(part, most), f"max_tokens is {most}")

    def _above(self, part: _Part, most: int) -> Callable[[], int]:
        return lambda: self._size(part) - most

    def shrink(self, part: _Part, surplus: Callable[[], int], reason: str) -> None:
        """Cut a section's values by the surplus, or drop it where that is not enough or not allowed."""
        if part.section.truncate != "no":
            # Counts of parts do not add up to the whole's exactly: cut again by what is still over.
            for _ in range(3):
                excess = surplus()
                if excess <= 0:
                    return
                if not self._cut(part, self._size(part) - excess):
                    break
                part.action, part.reason, part.after = "cut", reason, self._size(part)
            if surplus() <= 0:
                return
        if self._size(part):
            self._drop(part, reason)

    def _drop(self, part: _Part, reason: str) -> None:
        if part.inside:
            (node,) = part.nodes
            for index in range(part.start, part.end):
                if not isinstance(node.pieces[index], Mark) or isinstance(node.pieces[index], Media):
                    node.pieces[index] = ""
            self._weigh(node)
        else:
            for node in part.nodes:
                self._lose(node)
        part.action, part.reason, part.after = "dropped", reason, 0

    def _cut(self, part: _Part, target: int) -> bool:
        """Cut the section to `target` tokens; False where less than its minimum would be left."""
        truncate = part.section.truncate
        places = list(_values(part))
        if truncate == "no" or target < (part.section.min_tokens or 1) or not places:
            return False
        before = [(node, list(node.pieces)) for node in part.nodes]
        size = self._size(part)
        for node, index in places if truncate == "start" else reversed(places):
            if size <= target:
                break
            value = node.pieces[index]
            taken = self.count_text(value)
            node.pieces[index] = truncated(value, taken - (size - target), truncate, self.count_text)
            size -= taken - self.count_text(node.pieces[index])
        if size > target or not any(node.pieces[index] for node, index in places):
            for node, pieces in before:
                node.pieces[:] = pieces
            return False
        for node in {id(node): node for node, _ in places}.values():
            self._weigh(node)
        return True

    # -- the history

    def drop_turns(self, surplus: Callable[[], int], limit: int, reason: str) -> None:
        """Drop the oldest turns in steps, so that consecutive prompts begin alike."""
        over = surplus()
        live = [node for node in self.turns if not node.dropped]
        if over <= 0 or not live:
            return
        step = max(limit // _STEPS, 1)
        gone = sum(node.tokens for node in self.turns if node.dropped)
        wanted = -(-(gone + over) // step) * step - gone
        taken = 0
        for start, end in pairwise(_groups(live)):
            # From here on no step is worth losing more: what is over is gone.
            if taken >= wanted or (end == len(live) and surplus() <= 0):
                break
            for node in live[start:end]:
                self._lose(node)
                taken += node.tokens
        while surplus() > 0 and (left := [node for node in self.turns if not node.dropped]):
            groups = _groups(left)
            for node in left[: groups[1]]:
                self._lose(node)
        self.turns_reason = reason

    # -- the report

    def report(self, limit: int, overhead: Callable[[int, bool], int], history_priority: int) -> Fitted:
        parts = [
            FitPart(
                name=part.section.name,
                priority=part.section.priority,
                action=part.action,
                before=part.before,
                after=part.after,
                reason=part.reason,
            )
            for part in self.parts
        ]
        lost = sum(node.dropped for node in self.turns)
        if self.turns:
            action: Action = "kept" if not lost else "dropped" if lost == self.turns_count else "cut"
            parts.append(
                FitPart(
                    name="history",
                    priority=history_priority,
                    action=action,
                    before=self.turns_before,
                    after=self.turn_tokens(),
                    reason=self.turns_reason if lost else "",
                    turns=lost,
                )
            )
        tokens = self.content + overhead(self.live, self.systems > 0)
        return Fitted(
            messages=self.messages(),
            tokens=tuple(node.tokens for node in self.nodes if not node.dropped),
            fit=Fit(limit=limit, tokens=tokens, parts=tuple(parts)),
        )


def _values(part: _Part) -> Iterator[tuple[_Node, int]]:
    """Where texts that came from a value, and hold nothing else, stand in a section."""
    for node in part.nodes:
        start, end = (part.start, part.end) if part.inside else (0, len(node.pieces))
        for index in range(start + 1, end):
            mark = node.pieces[index - 1]
            if isinstance(mark, Printed) and mark.pure and node.pieces[index] and not node.dropped:
                yield node, index


def _groups(turns: Sequence[_Node]) -> list[int]:
    """Where the history may be cut: before a user's turn; where there is none, never behind a call."""
    roles = [node.message.role for node in turns]
    starts = [index for index, role in enumerate(roles) if index and role == "user"]
    if not starts:
        starts = [index for index, role in enumerate(roles) if index and role != "tool"]
    return [0, *starts, len(turns)]
