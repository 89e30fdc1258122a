"""The nouns: frozen values, and the plain dicts they become."""

from __future__ import annotations

import base64
import dataclasses
import inspect
import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptlib import types
from promptlib.types import (
    CachePart,
    Delta,
    FilePart,
    ImagePart,
    Message,
    Ref,
    Reply,
    Request,
    TextPart,
    TokenCount,
    Tool,
    ToolCall,
    Usage,
    canonical_json,
)

_CALL = ToolCall(id="c1", name="search", arguments={"q": "leave"})
_VALUES = [
    TextPart(text="a"),
    ImagePart(data=b"\x89PNG", media_type="image/png"),
    FilePart(url="https://example.com/a.pdf", media_type="application/pdf", name="a.pdf"),
    CachePart(),
    _CALL,
    Message.assistant("done", tool_calls=(_CALL,)),
    Tool(name="search", description="Find", parameters={"type": "object"}),
    Ref(name="summarize", version=4, digest="ab12"),
    Request(messages=(Message.user("hi"),)),
    types.Budget(max_input_tokens=10),
    TokenCount(total=9, kind="exact", lower=9, upper=9, by_message=(2,), overhead=7),
    Usage(input_tokens=9),
    Delta(text="a"),
    Reply(message=Message.assistant("hi"), prompt=Request(messages=()), model="echo/echo"),
]
_DICTS = [value for value in _VALUES if hasattr(value, "to_dict")]

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


def _name(value: object) -> str:
    return type(value).__name__


def test_all_names_the_public_types_sorted() -> None:
    """`__all__` is sorted and names every class of the module."""
    classes = {
        name for name, cls in inspect.getmembers(types, inspect.isclass) if cls.__module__ == types.__name__
    }
    assert types.__all__ == sorted(types.__all__)
    assert {name for name in classes if not name.startswith("_")} <= set(types.__all__)


@pytest.mark.parametrize("value", _VALUES, ids=_name)
def test_a_value_is_frozen_and_has_no_dict(value: Any) -> None:
    """No field can be set and none can be added."""
    field = next(iter(dataclasses.fields(value)), None)
    if field is not None:
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, field.name, "other")
    assert not hasattr(value, "__dict__")


@pytest.mark.parametrize("value", _VALUES, ids=_name)
def test_fields_are_given_by_name(value: Any) -> None:
    """No field is positional, so that fields can be added."""
    assert all(field.kw_only for field in dataclasses.fields(value))


@pytest.mark.parametrize("value", _VALUES, ids=_name)
def test_a_value_survives_pickling(value: Any) -> None:
    """A value equals itself after pickling."""
    assert pickle.loads(pickle.dumps(value)) == value  # noqa: S301  (our own bytes)


def test_every_type_is_tried_above() -> None:
    """No public dataclass is left out of the laws here."""
    public = {name for name in types.__all__ if dataclasses.is_dataclass(getattr(types, name))}
    assert public == {_name(value) for value in _VALUES}


@pytest.mark.parametrize("value", _DICTS, ids=_name)
def test_a_value_becomes_plain_json(value: Any) -> None:
    """`to_dict` holds nothing that JSON changes."""
    assert json.loads(json.dumps(value.to_dict())) == value.to_dict()


@given(st.text())
def test_text_is_the_same_as_text_and_as_a_part(text: str) -> None:
    """Content given as text and as one text part reads the same."""
    as_text, as_part = Message.user(text), Message(role="user", content=(TextPart(text=text),))
    assert as_text.text == as_part.text == text
    if text:
        assert as_text.parts == as_part.parts


def test_images_and_files_leave_no_trace_in_the_text() -> None:
    """`text` joins text parts and skips all others."""
    parts = (TextPart(text="a"), _VALUES[1], CachePart(), TextPart(text="b"))
    assert Message(role="user", content=parts).text == "ab"  # type: ignore[arg-type]


def test_empty_text_has_no_parts() -> None:
    """A message without content has no part."""
    assert Message.user("").parts == ()


def test_a_message_writes_tool_fields_only_where_there_are_any() -> None:
    """The plain shape is role and content alone; tools add their fields."""
    assert Message.system("be kind").to_dict() == {"role": "system", "content": "be kind"}
    assert Message.tool("c1", "14 days").to_dict() == {
        "role": "tool",
        "content": "14 days",
        "tool_call_id": "c1",
    }
    assert Message.assistant(tool_calls=(_CALL,)).to_dict()["tool_calls"] == [
        {"id": "c1", "name": "search", "arguments": {"q": "leave"}},
    ]


def test_parts_write_their_kind() -> None:
    """A message of parts lists each with its type."""
    parts = (TextPart(text="a"), _VALUES[1], _VALUES[2], CachePart())
    content = Message(role="user", content=parts).to_dict()["content"]  # type: ignore[arg-type]
    assert [part["type"] for part in content] == ["text", "image", "file", "cache"]


@given(st.binary())
def test_media_bytes_come_back_from_their_base64(data: bytes) -> None:
    """Bytes survive the data URL."""
    image = ImagePart(data=data, media_type="image/png")
    head, _, body = image.data_url.partition(",")
    assert head == "data:image/png;base64"
    assert base64.b64decode(body) == data


def test_media_hand_on_a_url_as_it_is() -> None:
    """A URL is neither fetched nor encoded."""
    part = FilePart(url="https://example.com/a.pdf", media_type="application/pdf", name="a.pdf")
    assert part.data_url == "https://example.com/a.pdf"
    assert part.base64 == ""
    assert part.to_dict() == {
        "type": "file",
        "name": "a.pdf",
        "media_type": "application/pdf",
        "url": "https://example.com/a.pdf",
    }


def test_media_keep_bytes_out_of_their_repr() -> None:
    """A repr in a log does not hold the document."""
    assert "secret" not in repr(ImagePart(data=b"secret", media_type="image/png"))


@pytest.mark.parametrize(
    ("ref", "expected"),
    [
        (Ref(name="summarize"), "summarize@draft"),
        (Ref(name="summarize", version=4), "summarize@4"),
        (Ref(name="summarize", version=4, digest="ab12"), "summarize@4 sha256:ab12"),
    ],
)
def test_a_ref_reads_as_what_can_be_stored(ref: Ref, expected: str) -> None:
    """The text of a ref is name, version or draft, and digest where known."""
    assert str(ref) == expected


def test_a_reply_reads_its_message() -> None:
    """Text and tool calls of a reply are those of its message."""
    reply = Reply(
        message=Message.assistant("ok", tool_calls=(_CALL,)), prompt=Request(messages=()), model="m"
    )
    assert (reply.text, reply.tool_calls) == ("ok", (_CALL,))


@given(_json)
def test_canonical_json_has_one_spelling(value: Any) -> None:
    """Reading and writing again gives the same text, and the same value."""
    text = canonical_json(value)
    assert json.loads(text) == value
    assert canonical_json(json.loads(text)) == text


def test_canonical_json_sorts_keys_and_escapes_nothing() -> None:
    """Order of keys does not matter, and text stays readable."""
    assert canonical_json({"b": [1, 2], "a": "é"}) == '{"a":"é","b":[1,2]}'


def test_canonical_json_refuses_what_json_has_not() -> None:
    """NaN has no spelling in JSON."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json(float("nan"))
