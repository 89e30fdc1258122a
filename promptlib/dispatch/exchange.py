"""One call from its first slot to its last byte, as a generator of single steps of I/O.

Slots, time limits, bounds on the body and the decoding of streams are written here, once. The two
clients only carry out steps: an exception of a step is thrown in where the step was yielded, so
`finally` and `except` work as if this were plain code, in both colours and under cancellation.
"""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any, TypeAlias

from promptlib.dispatch.deadline import Deadline
from promptlib.dispatch.flow import Patience, Route, Send, Sleep, flow, scrubbed
from promptlib.dispatch.slots import Slots
from promptlib.errors import DeadlineExceeded, ProviderError, TransportError, Truncated
from promptlib.providers.base import HttpRequest, HttpResponse, StreamDecoder
from promptlib.providers.headers import request_id
from promptlib.types import Delta, Reply

__all__ = ["MAX_BODY", "Call", "Close", "Live", "Open", "Read", "Step", "Steps", "Wait", "perform"]

MAX_BODY = 64 << 20


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait for a slot."""

    place: Future[None]
    timeout: float


@dataclass(frozen=True, slots=True)
class Open:
    """Send a request through the transport of its route; the result is the response."""

    route: Route
    request: HttpRequest
    timeout: float


@dataclass(frozen=True, slots=True)
class Read:
    """Read the next piece of a response's body."""

    response: Any
    timeout: float


@dataclass(frozen=True, slots=True)
class Close:
    """Close a response."""

    response: Any


Step: TypeAlias = Wait | Open | Read | Close | Sleep
Steps: TypeAlias = Generator[Step, Any, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What one call has to go by; `idle` is the longest silence within an answer, in seconds."""

    routes: tuple[Route, ...]
    patience: Patience
    slots: Slots = field(repr=False)
    idle: float
    stream: bool

    @property
    def deadline(self) -> Deadline:
        """When it must be over."""
        return self.patience.deadline


def perform(call: Call) -> Steps:
    """The steps of a call; returns a Reply, or for a stream a Live whose first piece has come."""
    steps = flow(call.routes, call.patience)
    step = next(steps)
    while True:
        received = (yield from _attempt(call, step.route)) if isinstance(step, Send) else (yield step)
        try:
            step = steps.send(received)
        except StopIteration as done:
            return done.value


def _attempt(call: Call, route: Route) -> Steps:
    answer = Answer(call, route)
    try:
        return (yield from _exchange(call, answer))
    except ProviderError as error:
        return scrubbed(error, route)


def _exchange(call: Call, answer: Answer) -> Steps:
    try:
        yield from answer.open()
        if call.stream and answer.status == HTTPStatus.OK:
            live = Live(answer)
            yield from live.begin()
            return live
        body = yield from answer.read_all()
    except BaseException:
        yield from answer.close()
        raise
    yield from answer.close()
    return HttpResponse(status=answer.status, headers=answer.headers, body=body)


class Answer:
    """A response under way, with the slot it holds."""

    def __init__(self, call: Call, route: Route) -> None:
        self.call = call
        self.route = route
        self.status = 0
        self.headers: dict[str, str] = {}
        self._response: Any = None
        self._seated = False
        self._size = 0

    def open(self) -> Steps:
        """Takes a slot, sends the request, and has the headers."""
        yield from self._seat()
        request = self.route.http
        if self.route.key is not None:
            access = self.route.provider.access
            request = request.with_header(access.key_header, self.route.key.prefixed(access.key_prefix))
        left = self._left("before it was sent")
        what = "no answer began"
        self._response = yield from _guarded(self.call.deadline, Open(self.route, request, left), what)
        self.status = self._response.status
        self.headers = dict(self._response.headers)

    def read(self) -> Steps:
        """The next piece; empty at the end."""
        left = self._left("before the answer was whole")
        # Thinking before the first byte is not silence: only the deadline bounds it.
        limit = min(left, self.call.idle) if self._size else left
        idle = limit < left
        what = f"nothing came for {limit:g} s within the answer" if idle else "the answer was not whole"
        piece = yield from _guarded(self.call.deadline, Read(self._response, limit), what, idle=idle)
        self._size += len(piece)
        if self._size > MAX_BODY:
            raise _lasting(TransportError(f"the answer is longer than {MAX_BODY >> 20} MiB"))
        return piece

    def read_all(self) -> Steps:
        """The whole body."""
        pieces = []
        while piece := (yield from self.read()):
            pieces.append(piece)
        return b"".join(pieces)

    def close(self) -> Steps:
        """Closes the response and gives the slot back; once is enough, twice does no harm."""
        response, self._response = self._response, None
        try:
            if response is not None:
                yield Close(response)
        finally:
            if self._seated:
                self._seated = False
                self.call.slots.leave()

    def _seat(self) -> Steps:
        place = self.call.slots.ask()
        if not place.done():
            what = f"all {self.call.slots.size} slots of the client stayed taken"
            try:
                yield from _guarded(self.call.deadline, Wait(place, self._left("in the queue")), what)
            except BaseException:
                self.call.slots.withdraw(place)
                raise
        self._seated = True

    def _left(self, when: str) -> float:
        left = self.call.deadline.left()
        if left <= 0:
            raise _late(self.call.deadline, f"the time was over {when}")
        return left


class Live:
    """A stream that has begun: its deltas one by one, then its reply."""

    def __init__(self, answer: Answer) -> None:
        self.route = answer.route
        self.text = ""
        self.reply: Reply | None = None
        self._answer = answer
        self._decoder: StreamDecoder = answer.route.provider.decoder(answer.route.request)
        self._ready: list[Delta] = []

    @property
    def deadline(self) -> Deadline:
        """When the call must be over."""
        return self._answer.call.deadline

    def begin(self) -> Steps:
        """Reads up to a delta or the end; before the first, a failure may still be tried again."""
        while not self._ready and self.reply is None:
            yield from self._advance()

    def next(self) -> Steps:
        """The next delta, or None after the last.

        Raises:
            ProviderError: The stream carries one, or broke: then Truncated, with what had come.
        """
        try:
            yield from self.begin()
        except BaseException as error:
            yield from self.close()
            if isinstance(error, TransportError):
                raise self._broken(error) from None
            if isinstance(error, ProviderError):
                raise scrubbed(error, self.route) from None
            raise
        if not self._ready:
            return None
        delta = self._ready.pop(0)
        self.text += delta.text
        return delta

    def close(self) -> Steps:
        """Closes the connection if the stream was left before its end."""
        yield from self._answer.close()

    def _advance(self) -> Steps:
        piece = yield from self._answer.read()
        if piece:
            self._ready += self._decoder.feed(piece)
            return
        reply = self._decoder.close()
        yield from self._answer.close()
        said = request_id(self._answer.headers)
        self.reply = reply if said is None else replace(reply, request_id=said)

    def _broken(self, error: TransportError) -> Truncated:
        return Truncated(
            f"the stream broke: {error.message}",
            partial=self.text,
            provider=self.route.provider.name,
            model=self.route.request.model,
            hint="send it again; what had come is in .partial",
        )


def _guarded(deadline: Deadline, step: Wait | Open | Read, what: str, *, idle: bool = False) -> Steps:
    try:
        return (yield step)
    except TimeoutError:
        failure: ProviderError | None = None
    except OSError as error:
        failure = TransportError(f"the connection failed: {error.strerror or type(error).__name__}")
    # Raised out here so that no exception of another library hangs on it as its context.
    if failure is None:
        failure = TransportError(what) if idle else _late(deadline, what)
    raise failure


def _late(deadline: Deadline, what: str) -> DeadlineExceeded:
    return DeadlineExceeded(
        f"the call took longer than {deadline.seconds:g} s: {what}",
        hint="give Client(timeout=…) more seconds, ask for fewer tokens, or stream",
    )


def _lasting(error: TransportError) -> TransportError:
    error.retryable = False
    return error
