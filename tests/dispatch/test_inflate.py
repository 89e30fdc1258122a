"""Compressed bodies in bounded pieces."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptlib.dispatch.inflate import LARGEST_PIECE, Inflater
from promptlib.errors import TransportError


def _all(encoding: str, pieces: list[bytes]) -> bytes:
    inflater, found = Inflater({"content-encoding": encoding} if encoding else {}), b""
    for piece in pieces:
        inflater.feed(piece)
        while part := inflater.take():
            found += part
    return found


@given(st.binary(max_size=200), st.integers(1, 50), st.sampled_from(["", "gzip", "deflate"]))
def test_what_was_packed_comes_out(data: bytes, size: int, encoding: str) -> None:
    """However the bytes are cut, the body is the one that was compressed."""
    packed = {"gzip": gzip.compress, "deflate": zlib.compress, "": bytes}[encoding](data)
    assert _all(encoding, [packed[start : start + size] for start in range(0, len(packed), size)]) == data


def test_a_bomb_comes_in_small_pieces() -> None:
    """Few bytes that mean many are never unpacked into more than a piece at once."""
    inflater = Inflater({"content-encoding": "gzip"})
    inflater.feed(gzip.compress(bytes(20 << 20)))
    sizes = []
    while piece := inflater.take():
        sizes.append(len(piece))
    assert max(sizes) <= LARGEST_PIECE
    assert sum(sizes) == 20 << 20


def test_damage_and_strange_encodings_are_typed_errors() -> None:
    """What cannot be unpacked is a TransportError."""
    with pytest.raises(TransportError, match="damaged"):
        _all("gzip", [b"no gzip"])
    with pytest.raises(TransportError, match="'br'"):
        Inflater({"content-encoding": "br"})
