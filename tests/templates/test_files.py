"""Where template files come from."""

from __future__ import annotations

import os
import sys

import pytest

from promptlib.errors import RegistryError, SecurityError, TemplateError
from promptlib.templates import files
from promptlib.templates.files import DirectoryFiles, MemoryFiles, matching

_needs_links = pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")


@pytest.fixture
def root(tmp_path):
    """A folder with two files, beside a secret one."""
    folder = tmp_path / "templates"
    (folder / "team").mkdir(parents=True)
    (folder / "a.jinja").write_bytes(b"a\r\n")
    (folder / "team" / "b.jinja").write_bytes(b"b")
    (tmp_path / "secret").write_bytes(b"secret")
    return folder


def test_files_in_memory():
    """A mapping is read by path and listed sorted; later changes to it are not seen."""
    given = {"b": b"2", "a/c": b"1"}
    found = MemoryFiles(given)
    given["d"] = b"3"
    assert list(found.paths()) == ["a/c", "b"]
    assert found.read("b") == b"2"
    with pytest.raises(TemplateError, match=r"^d: there is no such file$"):
        found.read("d")


def test_files_of_a_folder(root):
    """A file's bytes come as they are, and paths are told with / and sorted."""
    found = DirectoryFiles(root)
    assert found.read("a.jinja") == b"a\r\n"
    assert found.read("team/b.jinja") == b"b"
    assert list(found.paths()) == ["a.jinja", "team/b.jinja"]
    assert DirectoryFiles(str(root)).root == found.root


def test_folders_that_begin_with_a_dot_are_passed_over(root):
    """Nothing of .git and its like is listed."""
    (root / ".git").mkdir()
    (root / ".git" / "x.jinja").write_bytes(b"")
    (root / ".hidden.jinja").write_bytes(b"")
    assert list(DirectoryFiles(root).paths()) == [".hidden.jinja", "a.jinja", "team/b.jinja"]


@pytest.mark.parametrize("path", ["none", "a.jinja/x", "\0", "no\0ne"])
def test_no_folder(root, path):
    """A registry error names the folder that is not there, and says how to make one."""
    with pytest.raises(RegistryError) as caught:
        DirectoryFiles(f"{root}/{path}")
    assert caught.value.message == "there is no such folder"
    assert caught.value.path == f"{root}/{path}".replace("\0", "\\0")
    assert caught.value.hint is not None
    assert "promptlib init" in caught.value.hint


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("none.jinja", "there is no such file"),
        ("none/a.jinja", "there is no such file"),
        ("a.jinja/b", "the file cannot be read: Not a directory"),
        ("a\0b", "the file cannot be read: its path is malformed"),
        ("a" * 300, "the file cannot be read: File name too long"),
    ],
)
def test_files_that_cannot_be_read(root, path, message):
    """Whatever the system says, it is a TemplateError of that path."""
    with pytest.raises(TemplateError) as caught:
        DirectoryFiles(root).read(path)
    assert (type(caught.value), caught.value.message) == (TemplateError, message)
    assert caught.value.path == path


@pytest.mark.parametrize("path", ["../secret", "team/../../secret", "/etc/passwd"])
def test_paths_out_of_the_root(root, path):
    """A path that leads out of the root is a SecurityError."""
    with pytest.raises(SecurityError, match="leaves the templates' root" if path[0] == "." else "root"):
        DirectoryFiles(root).read(path)


@_needs_links
def test_links(root, tmp_path):
    """A link within the root is followed; one that leaves it, itself or by its folder, is not."""
    (root / "in.jinja").symlink_to(root / "team" / "b.jinja")
    (root / "out.jinja").symlink_to(tmp_path / "secret")
    (root / "up").symlink_to(tmp_path)
    found = DirectoryFiles(root)
    assert found.read("in.jinja") == b"b"
    for path in ("out.jinja", "up/secret"):
        with pytest.raises(SecurityError) as caught:
            found.read(path)
        assert str(caught.value) == f"{path}: the file is a link that leaves the templates' root"
    assert "up/secret" not in list(found.paths())


@_needs_links
def test_the_root_itself_may_be_a_link(root, tmp_path):
    """A root is resolved once, and its files lie inside."""
    (tmp_path / "link").symlink_to(root)
    assert DirectoryFiles(tmp_path / "link").read("a.jinja") == b"a\r\n"


@_needs_links
def test_rings_and_broken_links(root):
    """A link to itself cannot be read, a link to nothing is no file."""
    (root / "ring").symlink_to("ring")
    (root / "broken").symlink_to("nothing")
    with pytest.raises(TemplateError, match=r"^ring: the file cannot be read: "):
        DirectoryFiles(root).read("ring")
    with pytest.raises(TemplateError, match=r"^broken: there is no such file$"):
        DirectoryFiles(root).read("broken")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_special_files_are_refused_at_once(root):
    """A FIFO without a writer does not hang, and a folder is no file."""
    os.mkfifo(root / "fifo")
    for path in ("fifo", "team"):
        with pytest.raises(SecurityError, match=f"^{path}: this is no regular file$"):
            DirectoryFiles(root).read(path)


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="open files cannot be counted here")  # noqa: PTH112
def test_nothing_stays_open(root):
    """Neither a file that was read nor one that was refused leaves its handle open."""
    found = DirectoryFiles(root)
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208  counts, and must open as little
    for _ in range(5):
        found.read("a.jinja")
        with pytest.raises(SecurityError):
            found.read("team")
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def test_size_is_bounded(root, monkeypatch):
    """A file of the greatest size is read whole, one byte more is refused."""
    monkeypatch.setattr(files, "_MAX_FILE", 1000)
    (root / "most").write_bytes(b"x" * 1000)
    (root / "more").write_bytes(b"x" * 1001)
    assert DirectoryFiles(root).read("most") == b"x" * 1000
    with pytest.raises(TemplateError, match=r"^more: the file is larger than 1,000 bytes$"):
        DirectoryFiles(root).read("more")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read anything")
def test_a_file_without_the_right_to_read_it(root):
    """Missing rights are told as the system names them."""
    (root / "a.jinja").chmod(0)
    with pytest.raises(TemplateError, match=r"^a.jinja: the file cannot be read: Permission denied$"):
        DirectoryFiles(root).read("a.jinja")


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*.jinja", ["a.jinja", "b.jinja"]),
        ("p/*.jinja", ["p/c.jinja", "p/d.jinja"]),
        ("*/c.jinja", ["p/c.jinja"]),
        ("p/*", ["p/c.jinja", "p/d.jinja", "p/e.txt"]),
        ("p/[cd].jinja", ["p/c.jinja", "p/d.jinja"]),
        ("p/?.txt", ["p/e.txt"]),
        ("P/c.jinja", []),
        ("**/c.jinja", ["p/c.jinja"]),
        ("p", []),
    ],
)
def test_globs(pattern, found):
    """A glob matches segment by segment, case and all, in order."""
    paths = ["p/d.jinja", "b.jinja", "p/c.jinja", "a.jinja", "p/e.txt", "p/q/c.jinja"]
    assert matching(MemoryFiles(dict.fromkeys(paths, b"")), pattern) == found
