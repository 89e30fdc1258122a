"""Keys show themselves to nobody."""

from __future__ import annotations

import copy
import pickle

import pytest

from promptlib.errors import AuthenticationError
from promptlib.providers.secret import Secret


def test_a_secret_is_masked_everywhere() -> None:
    """str, repr, format, an f-string with a width and a container's repr show no key."""
    key = Secret("sk-CANARY")
    shown = [str(key), repr(key), f"{key}", f"{key:>30}", repr({"key": key}), repr(key.prefixed("Bearer "))]
    assert not any("CANARY" in text for text in shown)
    assert key.reveal() == "sk-CANARY"


def test_a_secret_is_not_pickled() -> None:
    """Pickling refuses with a message that does not hold the key; copying gives the same object."""
    key = Secret("sk-CANARY")
    with pytest.raises(TypeError) as caught:
        pickle.dumps(key)
    assert "CANARY" not in str(caught.value)
    assert copy.deepcopy(key) is key


@pytest.mark.parametrize(
    "bad", ["sk-CANARY\n", " sk-CANARY", "sk-CAN ARY", "sk-CANARY\x00", "sk-CANARY\x7f", "sk-CANARYé", ""]
)
def test_a_malformed_key_is_refused_without_showing_it(bad: str) -> None:
    """White space, control and non-ASCII characters, and an empty key, are an AuthenticationError."""
    with pytest.raises(AuthenticationError, match="OPENAI_API_KEY") as caught:
        Secret.key(bad, source="OPENAI_API_KEY")
    assert "CAN" not in str(caught.value)


def test_secrets_compare_by_value() -> None:
    """Equal keys are equal and hash alike; a string is never equal to a secret."""
    assert Secret("a") == Secret("a")
    assert hash(Secret("a")) == hash(Secret("a"))
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
