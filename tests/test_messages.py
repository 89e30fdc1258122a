"""How the dicts of applications and SDKs become messages."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptlib.errors import InputError
from promptlib.messages import messages_from_anthropic, text_message
from promptlib.types import CachePart, FilePart, ImagePart, Message, TextPart, ToolCall

_B64 = base64.b64encode(b"\x89PNG").decode()
_CALL = {"id": "c1", "name": "search", "arguments": {"q": "leave"}}
_READERS = [Message.from_dict, Message.from_openai, Message.from_anthropic]

_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | _TEXT,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(_TEXT, below, max_size=3),
    max_leaves=5,
)
_ANYTHING = st.recursive(
    _JSON | st.floats() | st.binary() | st.just(object()) | st.text(),
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "role",
                    "content",
                    "type",
                    "text",
                    "url",
                    "data",
                    "tool_calls",
                    "id",
                    "name",
                    "arguments",
                    "input",
                ]
            ),
            below
            | st.sampled_from(["user", "assistant", "tool", "text", "image", "tool_use", "tool_result"]),
        )
    ),
    max_leaves=8,
)
_PARTS = st.one_of(
    st.builds(TextPart, text=_TEXT),
    st.builds(ImagePart, url=_TEXT, media_type=_TEXT),
    st.builds(ImagePart, data=st.binary(), media_type=_TEXT),
    st.builds(FilePart, url=_TEXT, media_type=_TEXT, name=st.none() | _TEXT),
    st.builds(FilePart, data=st.binary(), media_type=_TEXT, name=st.none() | _TEXT),
    st.builds(CachePart),
)
_MESSAGES = st.builds(
    Message,
    role=st.sampled_from(["system", "developer", "user", "assistant", "tool"]),
    content=_TEXT | st.lists(_PARTS, min_size=2, max_size=4).map(tuple),
    tool_calls=st.lists(
        st.builds(ToolCall, id=_TEXT, name=_TEXT, arguments=st.dictionaries(_TEXT, _JSON)), max_size=2
    ).map(tuple),
    tool_call_id=st.none() | _TEXT,
)


def _refused(read: Any, value: Any) -> str:
    with pytest.raises(InputError) as caught:
        read(value)
    error = caught.value
    assert error.message == f"this is no message: {error.problems[0]}"
    assert len(error.problems) == 1
    return error.problems[0]


# -- promptlib's own shape


@given(_MESSAGES)
def test_a_message_is_read_back_from_its_dict(message):
    """`from_dict` undoes `to_dict`, through JSON too."""
    assert Message.from_dict(message.to_dict()) == message
    assert Message.from_dict(json.loads(json.dumps(message.to_dict()))) == message


@given(st.sampled_from(["system", "user", "tool"]), st.text())
def test_text_message_is_a_message(role, text):
    """The quick way to make a message of text makes the same message."""
    made = text_message(role, text)
    assert made == Message(role=role, content=text)
    assert repr(made) == repr(Message(role=role, content=text))
    assert hash(made) == hash(Message(role=role, content=text))


@pytest.mark.parametrize("url", ["https://a/b", None])
def test_the_url_of_media(url):
    """Media behind a URL are handed on, and bytes become a data URL."""
    data = None if url else b"\x89PNG"
    part = ImagePart(url=url, data=data, media_type="image/png")
    assert part.data_url == (url or f"data:image/png;base64,{_B64}")


def test_text_and_parts_of_a_message():
    """Text joins the parts that are text; a message of text is one part, an empty one none."""
    image = ImagePart(url="u", media_type="a/b")
    mixed = Message(role="user", content=(TextPart(text="a"), image, TextPart(text="b")))
    assert (mixed.text, mixed.parts) == ("ab", mixed.content)
    assert (Message.user("a").text, Message.user("a").parts) == ("a", (TextPart(text="a"),))
    assert Message.user("").parts == ()


def test_the_short_ways_to_make_messages():
    """Each role that people write has a constructor of its name."""
    call = ToolCall(id="c", name="n")
    assert Message.system("a") == Message(role="system", content="a")
    assert Message.user("a") == Message(role="user", content="a")
    assert Message.assistant() == Message(role="assistant", content="")
    assert Message.assistant("a", tool_calls=(call,)) == Message(
        role="assistant", content="a", tool_calls=(call,)
    )
    assert Message.tool("c1", "a") == Message(role="tool", content="a", tool_call_id="c1")


@pytest.mark.parametrize(
    ("content", "read"),
    [
        (None, ""),
        ("", ""),
        ([], ()),
        ([{"type": "text", "text": "a"}], "a"),
        ((TextPart(text="a"),), "a"),
        ([{"type": "cache"}], (CachePart(),)),
        ([{"type": "text", "text": "a"}, CachePart()], (TextPart(text="a"), CachePart())),
        (
            [{"type": "image", "media_type": "a/b", "data": _B64}],
            (ImagePart(data=b"\x89PNG", media_type="a/b"),),
        ),
        ([{"type": "image", "media_type": "a/b", "url": "u"}], (ImagePart(url="u", media_type="a/b"),)),
        ([{"type": "file", "media_type": "a/b", "url": "u"}], (FilePart(url="u", media_type="a/b"),)),
        (
            [{"type": "file", "media_type": "a/b", "data": _B64, "name": "n"}],
            (FilePart(data=b"\x89PNG", media_type="a/b", name="n"),),
        ),
    ],
)
def test_contents(content, read):
    """Content is text, nothing, or parts; one text part is its text."""
    assert Message.from_dict({"role": "user", "content": content}).content == read


def test_tool_calls_are_copied():
    """What becomes of the caller's dict later changes no message; a call may be given as itself."""
    given_call: dict[str, Any] = {"id": "c1", "name": "n", "arguments": {"a": [1]}}
    own = ToolCall(id="c2", name="n")
    found = Message.from_dict(
        {"role": "assistant", "tool_calls": [given_call, own, {"id": "c3", "name": "n"}]}
    )
    given_call["arguments"]["a"].append(2)
    assert found.tool_calls == (
        ToolCall(id="c1", name="n", arguments={"a": [1]}),
        own,
        ToolCall(id="c3", name="n"),
    )
    assert Message.from_dict({"role": "assistant", "tool_calls": None}).tool_calls == ()


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (5, "a message is an object, not int"),
        (
            {"role": "user", "contents": "a"},
            "unknown key 'contents'; the keys are role, content, tool_calls, tool_c",
        ),
        ({"content": "a"}, "the role is one of system, developer, user, assistant, tool, not None"),
        ({"role": "robot\n"}, "the role is one of system, developer, user, assistant, tool, not 'robot\\n'"),
        ({"role": ["user"]}, "the role is one of system, developer, user, assistant, tool, not ['user']"),
        ({"role": "r" * 99}, f"the role is one of system, developer, user, assistant, tool, not '{'r' * 39}"),
        ({"role": "user", "content": 5}, "content is text or a list of parts, not int"),
        ({"role": "user", "content": {"type": "text"}}, "content is text or a list of parts, not dict"),
        ({"role": "user", "content": "a\ud800"}, "content holds half of a surrogate pair at character 1"),
        ({"role": "user", "content": [5]}, "a part is an object, not int"),
        ({"role": "user", "content": [{}]}, "a part's type is one of text, image, file, cache, not None"),
        ({"role": "user", "content": [{"type": "text"}]}, "text is text, not NoneType"),
        (
            {"role": "user", "content": [{"type": "text", "text": "\ud800"}]},
            "text holds half of a surrogate pair at character 0",
        ),
        ({"role": "user", "content": [{"type": "image", "url": "u"}]}, "media_type is text, not NoneType"),
        ({"role": "user", "content": [{"type": "image", "media_type": "a/b"}]}, "data is text, not NoneType"),
        (
            {"role": "user", "content": [{"type": "image", "media_type": "a/b", "data": "a"}]},
            "the data of an image or file is base64",
        ),
        (
            {"role": "user", "content": [{"type": "image", "media_type": "a/b", "data": "é"}]},
            "the data of an image or file is base64",
        ),
        (
            {"role": "user", "content": [{"type": "image", "media_type": "a/b", "url": None}]},
            "url is text, not None",
        ),
        ({"role": "user", "content": [{"type": "file", "name": 5}]}, "name is text"),
        ({"role": "user", "tool_calls": {}}, "tool_calls is a list"),
        ({"role": "user", "tool_calls": [5]}, "a tool call is an object, not int"),
        ({"role": "user", "tool_calls": [{"name": "n"}]}, "id is text, not NoneType"),
        ({"role": "user", "tool_calls": [{"id": "c"}]}, "name is text, not NoneType"),
        ({"role": "user", "tool_calls": [{**_CALL, "arguments": "{}"}]}, "arguments is an object, not str"),
        (
            {"role": "user", "tool_calls": [{**_CALL, "arguments": {"a": object()}}]},
            "arguments holds more than JSON c",
        ),
        (
            {"role": "user", "tool_calls": [{**_CALL, "arguments": {"a": float("nan")}}]},
            "arguments holds more than",
        ),
        ({"role": "tool", "tool_call_id": 5}, "tool_call_id is text"),
    ],
)
def test_what_is_no_message(value, problem):
    """Another shape is one InputError that says what was expected, never the content."""
    assert _refused(Message.from_dict, value).startswith(problem)


@pytest.mark.parametrize("read", _READERS)
@given(_ANYTHING)
def test_anything_is_a_message_or_one_error(read, value):
    """No value raises anything but InputError, and no reader changes its kind."""
    try:
        found = read(value)
    except InputError as error:
        assert len(error.problems) == 1  # noqa: PT017  either outcome is right
    else:
        assert type(found) is Message


# -- OpenAI's shape


def test_openai_messages():
    """Arguments are JSON text, images are image_url, keys that SDKs add are passed over."""
    value = {
        "role": "assistant",
        "content": [
            {"type": "text", "text": "a"},
            {"type": "image_url", "image_url": {"url": "https://a/b", "detail": "low"}},
            {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{_B64}"}},
        ],
        "refusal": None,
        "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "n", "arguments": '{"a": 1}'}}],
    }
    assert Message.from_openai(value) == Message(
        role="assistant",
        content=(
            TextPart(text="a"),
            ImagePart(url="https://a/b", media_type="image/*"),
            ImagePart(data=b"\x89PNG", media_type="image/png"),
        ),
        tool_calls=(ToolCall(id="c1", name="n", arguments={"a": 1}),),
    )
    result = {"role": "tool", "tool_call_id": "c1", "content": "found"}
    assert Message.from_openai(result) == Message.tool("c1", "found")


@pytest.mark.parametrize(
    "text", ["{", "[1]", "5", "null", '{"a": NaN}', '{"a": -Infinity}', "[" * 100_000, "x"]
)
def test_arguments_that_are_no_object(text):
    """What a model gave instead of a JSON object is kept as it came, and nothing is made of it."""
    value = {"role": "assistant", "tool_calls": [{"id": "c", "function": {"name": "n", "arguments": text}}]}
    assert Message.from_openai(value).tool_calls == (ToolCall(id="c", name="n", invalid=text),)


def test_empty_arguments_are_none():
    """An empty text of arguments is an empty object."""
    value = {"role": "assistant", "tool_calls": [{"id": "c", "function": {"name": "n", "arguments": ""}}]}
    assert Message.from_openai(value).tool_calls == (ToolCall(id="c", name="n"),)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (None, "a message is an object, not NoneType"),
        ({"role": "function"}, "the role is one of"),
        (
            {"role": "user", "content": [{"type": "input_audio"}]},
            "parts of type 'input_audio' are not read; text and",
        ),
        (
            {"role": "user", "content": [{"type": "image_url", "image_url": "u"}]},
            "image_url is an object, not str",
        ),
        ({"role": "user", "content": [{"type": "image_url", "image_url": {}}]}, "url is text, not NoneType"),
        (
            {
                "role": "user",
                "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,a"}}],
            },
            "the data of an image or file is base64",
        ),
        ({"role": "assistant", "tool_calls": [{"id": "c"}]}, "function is an object, not NoneType"),
        (
            {"role": "assistant", "tool_calls": [{"id": "c", "function": {"name": "n"}}]},
            "arguments is text, not None",
        ),
        ({"role": "assistant", "tool_calls": "c"}, "tool_calls is a list"),
    ],
)
def test_what_is_no_openai_message(value, problem):
    """Another shape is one InputError."""
    assert _refused(Message.from_openai, value).startswith(problem)


# -- Anthropic's shape


def test_anthropic_messages():
    """Text and image blocks are content, tool_use blocks are calls."""
    value = {
        "role": "assistant",
        "content": [
            {"type": "text", "text": "a"},
            {"type": "image", "source": {"type": "url", "url": "https://a/b"}},
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": _B64}},
            {"type": "tool_use", "id": "c1", "name": "n", "input": {"a": 1}},
        ],
    }
    assert Message.from_anthropic(value) == Message(
        role="assistant",
        content=(
            TextPart(text="a"),
            ImagePart(url="https://a/b", media_type="image/*"),
            ImagePart(data=b"\x89PNG", media_type="image/png"),
        ),
        tool_calls=(ToolCall(id="c1", name="n", arguments={"a": 1}),),
    )
    assert Message.from_anthropic({"role": "user", "content": "a"}) == Message.user("a")
    assert Message.from_anthropic({"role": "user", "content": []}) == Message(role="user", content=())


def test_anthropic_tool_calls_alone():
    """A turn that only calls tools has no content, and its calls."""
    value = {"role": "assistant", "content": [{"type": "tool_use", "id": "c", "name": "n", "input": {}}]}
    assert Message.from_anthropic(value) == Message(
        role="assistant", content=(), tool_calls=(ToolCall(id="c", name="n"),)
    )


def test_each_anthropic_result_is_a_message_of_its_own():
    """Results come first, as tools' messages, then what else the turn holds."""
    result = {"type": "tool_result", "tool_use_id": "c1", "content": "found"}
    image = {"type": "image", "source": {"type": "url", "url": "u"}}
    other = {"type": "tool_result", "tool_use_id": "c2", "content": [{"type": "text", "text": "a"}, image]}
    turn = {"role": "user", "content": [{"type": "text", "text": "and"}, result, other]}
    assert messages_from_anthropic([turn, {"role": "user", "content": [result]}]) == (
        Message.tool("c1", "found"),
        Message(
            role="tool",
            content=(TextPart(text="a"), ImagePart(url="u", media_type="image/*")),
            tool_call_id="c2",
        ),
        Message.user("and"),
        Message.tool("c1", "found"),
    )
    assert Message.from_anthropic({"role": "user", "content": [result]}) == Message.tool("c1", "found")
    assert _refused(Message.from_anthropic, turn) == (
        "this holds several results or a result and text: use messages_from_anthropic([...])"
    )


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (5, "a message is an object, not int"),
        ({"role": "robot", "content": []}, "the role is one of"),
        ({"role": "user", "content": 5}, "content is text or a list of parts, not int"),
        ({"role": "user", "content": [5]}, "a content block is an object, not int"),
        (
            {"role": "user", "content": [{"type": "thinking"}]},
            "blocks of type 'thinking' are not read; text, image, to",
        ),
        ({"role": "user", "content": [{"type": "image", "source": 5}]}, "source is an object, not int"),
        (
            {"role": "user", "content": [{"type": "image", "source": {"data": _B64}}]},
            "media_type is text, not NoneType",
        ),
        (
            {"role": "user", "content": [{"type": "tool_use", "input": [5]}]},
            "input is an object, not list",
        ),
        (
            {"role": "user", "content": [{"type": "tool_result", "content": "a"}]},
            "tool_use_id is text, not NoneType",
        ),
        ({"role": "robot", "content": [{"type": "tool_result", "tool_use_id": "c"}]}, "the role is one of"),
    ],
)
def test_what_is_no_anthropic_message(value, problem):
    """Another shape is one InputError."""
    assert _refused(Message.from_anthropic, value).startswith(problem)
