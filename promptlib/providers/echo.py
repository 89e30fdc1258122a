"""`echo/…`: no model and no socket; the answer is the text of the last user message.

For examples, dry runs and tests of everything around a model. Tokens are estimated at four bytes
each, OpenAI's rule of thumb for English, and marked as an estimate.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from promptlib.errors import Truncated
from promptlib.providers.base import Access, Endpoint, HttpRequest, HttpResponse
from promptlib.types import Delta, Message, Reply, Request, Usage

__all__ = ["ECHO", "Echo", "EchoTransport"]

_BYTES_A_TOKEN = 4
_WORD = re.compile(r"\s*\S+|\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Echo:
    """The codec: one JSON object a line, a word each, then the end."""

    name: str = "echo"
    access: Access = Access(base_url="echo:", transport="promptlib.providers.echo:EchoTransport")  # noqa: RUF009  # a frozen value

    def encode(self, request: Request, *, stream: bool, endpoint: Endpoint) -> HttpRequest:
        """The request's body is what the transport sends back."""
        answer = next((one.text for one in reversed(request.messages) if one.role == "user"), "")
        words = _WORD.findall(answer) if stream else [answer]
        lines = [*({"text": word} for word in words), {"end": True}]
        body = "".join(json.dumps(line) + "\n" for line in lines)
        return HttpRequest(url=endpoint.base_url, body=body.encode())

    def decode(self, request: Request, response: HttpResponse) -> Reply:
        """The reply in a whole body."""
        decoder = self.decoder(request)
        decoder.feed(response.body)
        return decoder.close()

    def decoder(self, request: Request) -> EchoDecoder:
        """A decoder for one stream."""
        return EchoDecoder(request)


ECHO = Echo()


class EchoDecoder:
    """Puts the words together again."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._rest = b""
        self._lines: list[dict[str, Any]] = []

    def feed(self, data: bytes) -> list[Delta]:
        """One delta for each word that `data` completes."""
        *whole, self._rest = (self._rest + data).split(b"\n")
        lines = [json.loads(line) for line in whole]
        self._lines += lines
        return [Delta(text=line["text"]) for line in lines if line.get("text")]

    def close(self) -> Reply:
        """The reply, its usage estimated."""
        text = "".join(line.get("text", "") for line in self._lines)
        if not any(line.get("end") for line in self._lines):
            raise Truncated("the echo ended before its end mark", partial=text, provider="echo")
        return Reply(
            message=Message.assistant(text),
            prompt=self._request,
            model=self._request.model or "echo/echo",
            usage=_usage(self._request, text),
            raw=self._lines,
        )


class EchoTransport:
    """Answers every request with the request's own body, a line at a time."""

    def send(self, request: HttpRequest, timeout: float) -> EchoResponse:  # noqa: ARG002  # never waits
        """The answer, at once."""
        return EchoResponse(iter(request.body.splitlines(keepends=True)))

    def close(self) -> None:
        """Nothing is held, so nothing is closed."""


class EchoResponse:
    """The body that comes back."""

    status = 200
    headers: dict[str, str] = {}  # noqa: RUF012  # read only, and always empty

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines

    def read(self, timeout: float) -> bytes:  # noqa: ARG002  # never waits
        """The next line; nothing at the end."""
        return next(self._lines, b"")

    def close(self) -> None:
        """Nothing is held, so nothing is closed."""


def _usage(request: Request, answer: str) -> Usage:
    given = sum(_estimate(message.text) for message in request.messages)
    return Usage(input_tokens=given, output_tokens=_estimate(answer), kind="estimate")


def _estimate(text: str) -> int:
    return -(-len(text.encode("utf-8", errors="surrogatepass")) // _BYTES_A_TOKEN)
