"""Names of prompts, and paths of the files that belong to them."""

from __future__ import annotations

import posixpath
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptlib.errors import RefError, SecurityError
from promptlib.templates.names import check_name, resolve_path

_CONTRACT = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?(/[a-z0-9]([a-z0-9._-]*[a-z0-9])?)*")


@pytest.mark.parametrize(
    "name",
    ["a", "0", "summarize", "team/summarize", "a.b-c_d", "v1.10", "com", "com10", "console/x", "a" * 200],
)
def test_names_that_prompts_may_have(name):
    """Segments of small letters, digits, dot, dash and underscore, with letters or digits at both ends."""
    assert check_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        *(
            "",
            "/",
            "a/",
            "/a",
            "a//b",
            ".",
            "..",
            "../a",
            "a/../b",
            "a..b",
            "-a",
            "a-",
            "_a",
            "a_",
            ".a",
            "a.",
        ),
        *("A", "ä", "a b", "a\n", "a\0", "a\\b", "a:b", "a@b", "a%2e", "$HOME", "~a", "a*", "a" * 201),
        *("con", "a/nul", "aux.txt", "prn", "com1", "lpt9.x", "com0/a", "team/con.v1/a"),
    ],
)
def test_names_that_prompts_may_not_have(name):
    """Anything else, devices of Windows too, is refused with what a name looks like."""
    with pytest.raises(RefError) as caught:
        check_name(name)
    assert caught.value.message == f"{name[:60]!a} is no prompt name"
    assert caught.value.hint is not None
    assert "team/summarize" in caught.value.hint


@pytest.mark.parametrize("name", [None, 5, b"a", ["a"]])
def test_a_name_is_text(name):
    """What is no text is refused by its type."""
    with pytest.raises(RefError, match=f"^a prompt's name is text, not {type(name).__name__}$"):
        check_name(name)


@given(st.text() | st.from_regex(_CONTRACT, fullmatch=True))
def test_every_accepted_name_is_one_of_the_contract(name):
    """What is accepted matches the contract's pattern, and an error prints on one line of ASCII."""
    try:
        check_name(name)
    except RefError as error:
        refused = error.message
    else:
        refused = None
    assert refused is not None or _CONTRACT.fullmatch(name)
    assert refused is None or (refused.isascii() and refused.isprintable())


@pytest.mark.parametrize(
    ("path", "relative_to", "found"),
    [
        ("a.jinja", "", "a.jinja"),
        ("a.jinja", "team/x.jinja", "team/a.jinja"),
        ("../a.jinja", "team/x.jinja", "a.jinja"),
        ("b/../a.jinja", "", "a.jinja"),
        ("é.jsonl", "x.jinja", "é.jsonl"),
        ("..a", "", "..a"),
        ("a" * 400, "", "a" * 400),
    ],
)
def test_paths_are_resolved_from_the_file_that_names_them(path, relative_to, found):
    """A path is taken from the folder of the file that names it, or from the root."""
    assert resolve_path(path, relative_to) == found


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("", "is no path of a template file"),
        (None, "is no path of a template file"),
        (5, "is no path of a template file"),
        ("a\\b", "is no path of a template file"),
        ("C:a", "is no path of a template file"),
        ("https://a/b", "is no path of a template file"),
        ("a\0", "is no path of a template file"),
        ("a\nb", "is no path of a template file"),
        ("a\u202eb", "is no path of a template file"),
        ("\ud800", "is no path of a template file"),
        ("/etc/passwd", "does not lie under the templates' root"),
        ("a" * 401, "does not lie under the templates' root"),
        ("é" * 201, "does not lie under the templates' root"),
        ("..", "leads out of the templates' root"),
        ("../a", "leads out of the templates' root"),
        ("a/../../b", "leads out of the templates' root"),
        ("a//b", "has an empty or '.' segment"),
        ("./a", "has an empty or '.' segment"),
        ("a/", "has an empty or '.' segment"),
    ],
)
def test_paths_that_are_refused(path, reason):
    """What leads out of the root, or is spelt in a way that systems read differently, is a SecurityError."""
    with pytest.raises(SecurityError) as caught:
        resolve_path(path)
    assert caught.value.message == f"{ascii(path)[:80]} {reason}"
    assert caught.value.path is None


def test_a_path_leads_out_of_the_root_from_any_folder():
    """As many steps up as there are folders stay inside; one more does not."""
    assert resolve_path("../../a", "x/y/z.jinja") == "a"
    with pytest.raises(SecurityError, match="leads out") as caught:
        resolve_path("../../../a", "x/y/z.jinja")
    assert caught.value.path == "x/y/z.jinja"


@given(
    st.lists(st.sampled_from(["a", "b", "..", ".", "", "é"])).map("/".join),
    st.sampled_from(["", "x/y.jinja"]),
)
def test_a_resolved_path_lies_under_the_root(path, relative_to):
    """What is not refused is the path that the system's rules give, without a step up in it."""
    try:
        found = resolve_path(path, relative_to)
    except SecurityError:
        return
    assert ".." not in found.split("/")
    assert posixpath.normpath(posixpath.join(posixpath.dirname(relative_to), path)) == (found or ".")
