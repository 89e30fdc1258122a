"""Tests of promptlib.tokens.image_size."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptlib.tokens.image_size import image_size


def png(width: int, height: int) -> bytes:
    """The start of a PNG."""
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height) + b"\x08\x06\x00\x00\x00"


def gif(width: int, height: int) -> bytes:
    """The start of a GIF."""
    return b"GIF89a" + struct.pack("<HH", width, height)


def jpeg(width: int, height: int) -> bytes:
    """The start of a JPEG: an APP0 segment, fill bytes, a Huffman table, then a progressive frame."""
    app0 = b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF\x00" + b"\xff\xc0" + b"\x00" * 7
    table = b"\xff\xff\xff\xc4" + struct.pack(">H", 5) + b"abc"
    return b"\xff\xd8" + app0 + table + b"\xff\xc2" + struct.pack(">HBHH", 11, 8, height, width)


def webp(kind: bytes, body: bytes) -> bytes:
    """The start of a WebP whose first chunk is `kind`."""
    return b"RIFF\x00\x00\x00\x00WEBP" + kind + struct.pack("<I", len(body)) + body


def vp8(width: int, height: int) -> bytes:
    """A lossy WebP; its sizes have two bits of scale above 14 of pixels."""
    return webp(b"VP8 ", b"\x00\x00\x00\x9d\x01\x2a" + struct.pack("<HH", width | 0x4000, height | 0x8000))


def vp8l(width: int, height: int) -> bytes:
    """A lossless WebP."""
    return webp(b"VP8L", b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14))


def vp8x(width: int, height: int) -> bytes:
    """An extended WebP."""
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return webp(b"VP8X", b"\x00\x00\x00\x00" + sides)


@pytest.mark.parametrize("make", [png, gif, jpeg, vp8, vp8l, vp8x])
@given(width=st.integers(1, 16_383), height=st.integers(1, 16_383))
def test_sizes(make: object, width: int, height: int) -> None:
    """Each format's header gives back its width and height."""
    assert callable(make)
    assert image_size(make(width, height)) == (width, height)


@pytest.mark.parametrize("make", [png, gif, jpeg, vp8, vp8l, vp8x])
def test_cut_short(make: object) -> None:
    """A header that ends early has no size, wherever it ends."""
    assert callable(make)
    whole = make(640, 480)
    sizes = {image_size(whole[:end]) for end in range(len(whole))}
    assert sizes <= {None, (640, 480)}


@given(data=st.binary(max_size=64), start=st.sampled_from([b"", b"\xff\xd8", b"RIFF0000WEBPVP8 ", b"GIF89a"]))
def test_any_bytes(data: bytes, start: bytes) -> None:
    """Any bytes give a size above 0, or none: never another error."""
    size = image_size(start + data)
    assert size is None or min(size) > 0


def test_nothing() -> None:
    """A size of 0, another format and no bytes at all give no size."""
    assert [image_size(data) for data in (png(0, 5), b"<svg/>", b"")] == [None] * 3
