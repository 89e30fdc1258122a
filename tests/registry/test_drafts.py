"""Drafts: the working files of a folder, held in memory."""

from __future__ import annotations

import threading
import traceback

import pytest

from promptlib.errors import PromptlibError, RefError, SecurityError, TemplateError
from promptlib.registry.drafts import Drafts, snapshot
from promptlib.templates import template as loading
from promptlib.templates.files import MemoryFiles
from promptlib.templates.limits import RenderLimits


def _drafts(**files: str) -> Drafts:
    named = {path.replace("__", "/") + ".jinja": text.encode() for path, text in files.items()}
    return Drafts(MemoryFiles(named), RenderLimits())


class _Unreadable(MemoryFiles):
    def read(self, path: str) -> bytes:
        if path.startswith("broken"):
            raise SecurityError("the file is a link that leaves the templates' root", path=path)
        return super().read(path)


# -- snapshots


def test_a_snapshot_holds_what_prompts_may_name():
    """Templates, JSON and JSON lines are read; other files, and folders promptlib writes, are not."""
    kept = ["a.jinja", "a.jsonl", "team/_x.jinja", "tools/t.json"]
    left = ["README.md", "x.jinja.bak", "_releases/a/_versions/1.json", "_experiments/e.json"]
    files = MemoryFiles({path: path.encode() for path in kept + left})
    found = snapshot(files)
    assert list(found.paths()) == kept
    assert found.read("a.jinja") == b"a.jinja"
    with pytest.raises(TemplateError, match="there is no such file"):
        found.read("README.md")


def test_a_snapshot_does_not_change():
    """What is written after a snapshot was taken is not in it."""
    files = MemoryFiles({"a.jinja": b"old"})
    found = snapshot(files)
    files._files["a.jinja"] = b"new"
    assert found.read("a.jinja") == b"old"


def test_a_file_that_cannot_be_read_is_told_when_it_is_asked_for():
    """One bad file stops nothing else, stays listed, and raises its error each time, without growing."""
    found = snapshot(_Unreadable({"a.jinja": b"a", "broken.jinja": b"", "broken.md": b""}))
    assert list(found.paths()) == ["a.jinja", "broken.jinja"]
    assert found.read("a.jinja") == b"a"
    lengths = {_frames(lambda: found.read("broken.jinja")) for _ in range(3)}
    assert len(lengths) == 1
    drafts = Drafts(found, RenderLimits())
    assert drafts.names() == ("a", "broken")
    with pytest.raises(SecurityError, match="leaves the templates' root"):
        drafts.get("broken")


def _frames(act):
    with pytest.raises(PromptlibError) as caught:
        act()
    return len(traceback.extract_tb(caught.value.__traceback__))


# -- prompts


def test_a_draft_is_loaded_once():
    """The same template is given each time it is asked for."""
    drafts = _drafts(a="hello")
    assert drafts.get("a") is drafts.get("a")
    assert drafts.get("a").name == "a"
    assert "a" in drafts
    assert "b" not in drafts


def test_threads_load_a_draft_once(monkeypatch):
    """Several threads that ask for a prompt at once wait for one loading."""
    loaded = []
    ready = threading.Barrier(4)
    load = loading.load

    def counted(files, name, **options):
        loaded.append(name)
        return load(files, name, **options)

    monkeypatch.setattr(loading, "load", counted)
    drafts = _drafts(a="hello")

    def ask():
        ready.wait()
        drafts.get("a")

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert loaded == ["a"]


def test_a_broken_draft_is_loaded_once_too(monkeypatch):
    """Each asking raises an error of its own that says the same, and the file is not parsed again."""
    drafts = _drafts(a="{% usr %}")
    found = []
    for _ in range(2):
        with pytest.raises(TemplateError) as caught:
            drafts.get("a")
        found.append(caught.value)
        monkeypatch.setattr(loading, "load", None)
    assert str(found[0]) == str(found[1])
    assert found[0] is not found[1]
    assert found[0].place == "a.jinja:1:4"


def test_errors_do_not_grow():
    """An error raised again and again keeps no trace of the earlier times."""
    drafts = _drafts(a="{% usr %}")
    assert len({_frames(lambda: drafts.get("a")) for _ in range(4)}) == 1


@pytest.mark.parametrize(
    ("name", "hint"),
    [("sumarize", "Did you mean 'summarize'?"), ("zzz", "`promptlib list` shows what there is.")],
)
def test_a_prompt_that_is_not_there(name, hint):
    """A misspelt name is told with the nearest one, any other with how to list them."""
    drafts = _drafts(summarize="x", translate="y")
    with pytest.raises(RefError) as caught:
        drafts.get(name)
    assert (caught.value.message, caught.value.hint) == (f"there is no prompt {name!r}", hint)


def test_names_that_do_not_exist_are_not_kept():
    """Asking for names without number keeps nothing of them."""
    drafts = _drafts(a="x")
    for index in range(100):
        with pytest.raises(RefError):
            drafts.get(f"x{index}")
    assert len(drafts._loaded) == 0


# -- names


def test_names_are_those_of_prompts():
    """Names are sorted; what begins with _, and what no prompt may be called, is none."""
    drafts = _drafts(b="x", a="x", _part="x", team___x="x", _dir__x="x", Upper="x", team__c="x", con="x")
    assert drafts.names() == ("a", "b", "team/c")
    assert drafts.names() is drafts.names()


def test_files_that_others_name_are_no_prompts():
    """What some prompt includes, extends, imports or takes as a persona is a part of it."""
    drafts = _drafts(
        a="{% include 'part.jinja' %}",
        b="---\npersonas: [personas/*]\n---\n{% system %}{% persona %}{% endsystem %}",
        part="x",
        personas__editor="You edit.",
        other="x",
    )
    assert drafts.names() == ("a", "b", "other")
    assert drafts.get("part").name == "part"


def test_a_broken_prompt_hides_nothing():
    """A prompt that cannot be loaded is listed, and so is what it would name."""
    drafts = _drafts(a="{% include 'part.jinja' %}{% usr %}", part="x")
    assert drafts.names() == ("a", "part")


def test_nothing_has_no_names():
    """Without files there are no prompts."""
    assert Drafts(MemoryFiles({"README.md": b""}), RenderLimits()).names() == ()
