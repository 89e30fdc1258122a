"""Undoing the compression of a body in bounded pieces, so that a few bytes cannot fill the memory."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

from promptlib.errors import TransportError

__all__ = ["LARGEST_PIECE", "Inflater"]

LARGEST_PIECE = 1 << 20
# zlib's own sign for "a gzip or a zlib header, whichever comes".
_EITHER_HEADER = zlib.MAX_WBITS | 32


class Inflater:
    """Feed it what came, take pieces of at most 1 MiB until there are none.

    Raises:
        TransportError: The body is compressed in a way that was not asked for, or damaged.
    """

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._waiting = b""
        self._zlib = _decompressor(headers.get("content-encoding", "").strip().lower())

    def feed(self, data: bytes) -> None:
        """More of the body, as it came."""
        self._waiting += data

    def take(self) -> bytes:
        """The next piece; empty when more has to be fed first."""
        if self._zlib is None or self._zlib.eof:
            piece, self._waiting = self._waiting, b""
            return piece if self._zlib is None else b""
        try:
            piece = self._zlib.decompress(self._waiting, LARGEST_PIECE)
        except zlib.error:
            raise TransportError("the answer's compression is damaged") from None
        self._waiting = self._zlib.unconsumed_tail
        return piece


def _decompressor(encoding: str) -> zlib._Decompress | None:
    if encoding in {"", "identity"}:
        return None
    if encoding in {"gzip", "x-gzip", "deflate"}:
        return zlib.decompressobj(_EITHER_HEADER)
    raise TransportError(
        f"the answer is compressed as {encoding[:40]!r}, which was not asked for",
        hint="check that the base URL is a model's address",
    )
