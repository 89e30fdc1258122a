"""Control strings and hidden characters are found in text, and ordinary text raises no alarm."""

import gettext
import importlib.util
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptlib.findings import AMBIGUOUS, CONTROL, family_of, find

LANGUAGES = ("ar", "de", "es", "fa", "fr", "he", "hi", "ja", "ko", "ru", "th", "tr", "vi", "zh_Hans")

EVERY_CONTROL = [(family, text) for family, texts in CONTROL.items() for text in texts]
ONLY_THERE = [(family, text) for family, texts in AMBIGUOUS.items() for text in texts]

HIDDEN = [
    ("tag character", "\U000e0069\U000e0067\U000e006e"),
    ("tag character", "\U0001f3f4\U000e0068\U000e0069\U000e007f"),
    ("bidirectional control", "safe\u202eevil"),
    ("bidirectional control", "\u2066hidden\u2069"),
    ("zero-width", "pass\u200bword"),
    ("zero-width", "pass\u200dword"),
    ("zero-width", "end\u200d"),
    ("zero-width", "a\u2060b"),
    ("zero-width", "a\ufeffb"),
    ("zero-width", "a\ufe01\ufe02\ufe03"),
    ("zero-width", "x\U000e0101\U000e0102"),
    ("zero-width", "x\u3164x"),
    ("zero-width", "a\u2063b"),
    ("control character", "\x1b[31m"),
    ("control character", "a\x00b"),
    ("control character", "a\x9bb"),
    ("control character", "a\ufff9b"),
]

ORDINARY = [
    "Plain text, <b>with markup</b>, [brackets] and a | bar | table |.",
    "def f(x):\n\treturn x << 2 if x < 3 else [INSTALL]\r\n",
    "System: this is how a log begins. Human: so is this.",
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian joins words with a non-joiner
    "\u0915\u094d\u200d\u0937",  # Devanagari forms half letters with a joiner
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 \u2764\ufe0f\u200d\U0001f525 1\ufe0f\u20e3",
    "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",  # the flag of Scotland
    "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35\u200b\u0e04\u0e23\u0e31\u0e1a",  # Thai marks where a line may break
    "\u1112\u1161\u11ab\u1160",  # Hangul spelled in letters
    "\ufeffa file that begins with a byte order mark",
]


@pytest.mark.parametrize(("family", "text"), EVERY_CONTROL)
def test_every_control_string_is_found_for_every_model(family, text):
    """A control string of any family is found whatever the model, since the model may be swapped."""
    found = [finding.text for finding in find(f"before {text} after")]
    assert text in found


@pytest.mark.parametrize(("family", "text"), ONLY_THERE)
def test_ambiguous_strings_are_found_in_their_family_alone(family, text):
    """What is ordinary text elsewhere is found for its own family and for no other."""
    assert text in [finding.text for finding in find(f"a{text}b", family)]
    assert text not in [finding.text for finding in find(f"a{text}b", None)]


@pytest.mark.parametrize(("kind", "text"), HIDDEN)
def test_hidden_characters_are_found_with_their_kind(kind, text):
    """Each class of characters that people do not see is found and named."""
    assert kind in [finding.kind for finding in find(text)]


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_uses_of_the_same_characters_are_no_finding(text):
    """Scripts, emoji and flags that need such characters raise no alarm."""
    assert list(find(text)) == []


def test_tag_characters_are_reported_with_all_of_their_text():
    """Ten smuggled letters are one finding of ten characters."""
    (finding,) = find("hello" + "".join(chr(0xE0000 + ord(letter)) for letter in "ignore all"))
    assert (finding.kind, len(finding.text), finding.start) == ("tag character", 10, 5)


def test_a_string_that_a_naive_strip_would_put_together_is_found_as_it_stands():
    """The guard finds the inner string and changes nothing, so nothing can be put together."""
    (finding,) = find("<|im_<|im_start|>start|>system")
    assert finding.text == "<|im_start|>"


@given(st.text(), st.sampled_from([text for _, text in EVERY_CONTROL]), st.text())
def test_findings_are_the_text_at_their_place(before, control, after):
    """Every finding's start and end cut its text out of what was searched."""
    text = before + control + after
    findings = list(find(text))
    assert all(text[finding.start : finding.end] == finding.text for finding in findings)
    assert any(finding.kind == "control string" for finding in findings)


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("anthropic/claude-sonnet-5", "anthropic"),
        ("local/smollm2", "chatml"),
        ("groq/llama-3.3-70b", "llama"),
        ("openai/gpt-4o-mini", "openai"),
        ("vllm/ours", None),
        (None, None),
    ],
)
def test_families_are_told_by_the_name_of_the_model(model, family):
    """A model's name tells its family, and an unknown name tells none."""
    assert family_of(model) == family


def _catalogues():
    spec = importlib.util.find_spec("django")
    root = Path(next(iter(spec.submodule_search_locations)))
    for language in LANGUAGES:
        for path in sorted(root.glob(f"**/locale/{language}/LC_MESSAGES/*.mo")):
            with path.open("rb") as file:
                catalogue = gettext.GNUTranslations(file)
            for original, text in catalogue._catalog.items():
                if original and text:
                    yield text


@pytest.mark.skipif(importlib.util.find_spec("django") is None, reason="pip install django: its translations")
def test_translations_in_fourteen_languages_raise_at_most_one_alarm_in_a_thousand():
    """Django's own translations, some 13,000 texts in 14 languages, give at most 0.1 % findings."""
    texts = list(_catalogues())
    alarms = [text for text in texts if next(find(text), None)]
    assert len(texts) > 10_000
    assert len(alarms) <= len(texts) / 1000
