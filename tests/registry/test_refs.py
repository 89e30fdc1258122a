"""References to prompts as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptlib.errors import RefError
from promptlib.registry.refs import Selector, parse_ref
from promptlib.types import Ref

_DIGEST = "0123456789abcdef" * 4
_NAMES = st.from_regex(r"[a-z0-9]([a-z0-9_-]*[a-z0-9])?(/[a-z0-9]([a-z0-9_-]*[a-z0-9])?)?", fullmatch=True)


@pytest.mark.parametrize(
    ("text", "selector"),
    [
        ("a", Selector(name="a", kind="default")),
        ("team/a", Selector(name="team/a", kind="default")),
        ("a@draft", Selector(name="a", kind="draft")),
        ("a@latest", Selector(name="a", kind="latest")),
        ("a@3", Selector(name="a", kind="version", version=3)),
        ("a@999999999", Selector(name="a", kind="version", version=999_999_999)),
        ("a@sha256:ab12cd34", Selector(name="a", kind="digest", digest="ab12cd34")),
        (f"a@sha256:{_DIGEST}", Selector(name="a", kind="digest", digest=_DIGEST)),
        ("a@production", Selector(name="a", kind="label", label="production")),
        ("a@v1.2_b-3", Selector(name="a", kind="label", label="v1.2_b-3")),
        ("a@drafts", Selector(name="a", kind="label", label="drafts")),
        ("a@sha", Selector(name="a", kind="label", label="sha")),
        (f"a@4 sha256:{_DIGEST}", Selector(name="a", kind="version", version=4, digest=_DIGEST)),
        (f"a@draft sha256:{_DIGEST}", Selector(name="a", kind="draft", digest=_DIGEST)),
        (Ref(name="a"), Selector(name="a", kind="draft")),
        (Ref(name="a", version=4), Selector(name="a", kind="version", version=4)),
    ],
)
def test_what_references_mean(text, selector):
    """Name, label, version, digest, draft and latest, and what `str(ref)` gives, are told apart."""
    assert parse_ref(text) == selector


@pytest.mark.parametrize(
    "text",
    [
        *(
            "a@",
            "a@0",
            "a@03",
            "a@-1",
            "a@+1",
            "a@1.0",
            "a@1000000000",
            "a@٣",
            "a@Prod",
            "a@1a",
            "a@_x",
            "a@a b",
        ),
        *(
            "a@sha256",
            "a@sha256x",
            "a@sha256:ab12cd3",
            "a@sha256:AB12CD34",
            f"a@sha256:{_DIGEST}0",
            "a@b@c",
            "a@\n",
        ),
        *("a@production\n", f"a@0 sha256:{_DIGEST}", f"a@4  sha256:{_DIGEST}", f"a@latest sha256:{_DIGEST}"),
        *(f"a@4 sha256:{_DIGEST[1:]}", f"a@4 sha256:{_DIGEST}\n", f"a@{'9' * 5000} sha256:{_DIGEST}", "a@é"),
    ],
)
def test_what_is_no_reference(text):
    """Anything else after the @ is refused with the six ways to write a reference."""
    with pytest.raises(RefError) as caught:
        parse_ref(text)
    assert caught.value.message == f"{ascii(text)[:80]} is no reference"
    assert caught.value.hint == (
        "Write name, name@production, name@3, name@sha256:ab12cd34, name@draft or name@latest."
    )


@pytest.mark.parametrize(
    "text", ["", "@", "@production", "A", "../a@3", "_a", "a b", f"A@4 sha256:{_DIGEST}"]
)
def test_the_name_of_a_reference_is_checked(text):
    """A name that no prompt may have is told as such."""
    with pytest.raises(RefError, match="is no prompt name"):
        parse_ref(text)


@pytest.mark.parametrize("value", [None, 5, b"a", ["a"]])
def test_a_reference_is_text_or_a_ref(value):
    """Another type is refused by its name."""
    with pytest.raises(RefError, match=f"^a reference is text, not {type(value).__name__}$"):
        parse_ref(value)


@given(_NAMES, st.none() | st.integers(1, 999_999_999), st.none() | st.just(_DIGEST))
def test_a_stored_reference_resolves_again(name, version, digest):
    """`str(ref)`, kept beside a reply, means the same version and digest."""
    ref = Ref(name=name, version=version, digest=digest)
    selector = parse_ref(str(ref))
    assert (selector.name, selector.version, selector.digest) == (name, version, digest)
    assert parse_ref(ref) == selector


@given(st.text() | st.text(st.sampled_from("a/@0123:sh256. -_")))
def test_any_text_is_a_reference_or_one_error(text):
    """No text raises anything but RefError, whose message is one line of ASCII."""
    try:
        found = parse_ref(text).name
    except RefError as error:
        found = error.message
    assert found.isascii()
    assert found.isprintable()
