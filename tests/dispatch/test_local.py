"""The model in this process."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from pydantic import BaseModel

from promptlib.dispatch import AsyncClient, Client
from promptlib.errors import (
    ConfigurationError,
    ContextOverflow,
    DeadlineExceeded,
    InvalidRequest,
    MissingExtra,
)
from promptlib.types import ImagePart, Message, Request

_ASKED = Request(
    messages=(Message.system("Be terse."), Message.user("Who was Ada Lovelace?")),
    model="local/smollm2",
    params={"temperature": 0, "seed": 1, "max_output_tokens": 24},
)
_ENDLESS = replace(_ASKED, params={"temperature": 0, "max_output_tokens": 4000, "ignore_eos": True})


def test_without_the_extra_the_error_is_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where xllamacpp is not installed, the hint is what to type."""
    path = tmp_path / "m.gguf"
    path.write_bytes(b"GGUF")
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(MissingExtra) as caught:
        Client().send(replace(_ASKED, model=f"local/{path}"))
    assert caught.value.hint == "pip install 'promptlib-kit[local]'"


def test_a_damaged_file_is_a_typed_error(tmp_path: Path) -> None:
    """A file that only begins as a GGUF file does not load, and says so."""
    pytest.importorskip("xllamacpp")
    path = tmp_path / "m.gguf"
    path.write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(ConfigurationError, match="cannot be loaded") as caught:
        Client().send(replace(_ASKED, model=f"local/{path}"))
    assert caught.value.path == str(path.resolve())


@pytest.mark.local_model
@pytest.mark.usefixtures("local_model")
class TestLive:
    """With the real model."""

    def test_the_same_prompt_gives_the_same_text(self) -> None:
        """Twice in a row, streamed, and from asyncio: one text, one usage, and it costs nothing."""
        with Client() as client:
            first = client.send(_ASKED)
            client.send(replace(_ASKED, messages=(Message.user("Something else."),)))
            second = client.send(_ASKED)
            with client.stream(_ASKED) as stream:
                streamed = "".join(delta.text for delta in stream)

        async def run() -> list[str]:
            async with AsyncClient() as other:
                whole = await other.send(_ASKED)
                async with other.stream(_ASKED) as under_way:
                    return [whole.text, "".join([delta.text async for delta in under_way])]

        assert {second.text, streamed, stream.reply.text, *asyncio.run(run())} == {first.text}
        assert first.text
        assert stream.reply.usage == second.usage == first.usage
        assert first.usage.input_tokens
        assert (first.cost, first.model, first.finish_reason) == (0.0, "local/smollm2", "length")

    def test_another_process_gives_the_same_text(self) -> None:
        """Nothing of a process gets into the answer, and the model writes nothing to its streams."""
        code = (
            "from promptlib.dispatch import Client; from promptlib.types import Message, Request; "
            "messages = (Message.system('Be terse.'), Message.user('Who was Ada Lovelace?')); "
            "params = {'temperature': 0, 'seed': 1, 'max_output_tokens': 24}; "
            "request = Request(messages=messages, model='local/smollm2', params=params); "
            "print(Client().send(request).text)"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout == Client().send(_ASKED).text + "\n"
        assert done.stderr == ""

    def test_a_path_names_a_model(self, local_model: Path) -> None:
        """local/<path> is the model in that file, and the reply says which."""
        reply = Client().send(replace(_ASKED, model=f"local/{local_model}"))
        assert (reply.text, reply.model) == (Client().send(_ASKED).text, f"local/{local_model}")

    def test_a_prompt_that_is_too_long(self) -> None:
        """ContextOverflow says how long it may be and how long it was."""
        with pytest.raises(ContextOverflow) as caught:
            Client().send(replace(_ASKED, messages=(Message.user("word " * 9000),)))
        assert caught.value.limit == 8192
        assert caught.value.actual is not None
        assert caught.value.actual > 9000

    @pytest.mark.parametrize("stream", [False, True])
    def test_what_the_model_does_not_take(self, stream: bool) -> None:  # noqa: FBT001
        """A wrong parameter and an image are InvalidRequest, streamed or not."""
        image = Message(role="user", content=(ImagePart(data=b"x", media_type="image/png"),))
        for asked in (replace(_ASKED, params={"temperature": "hot"}), replace(_ASKED, messages=(image,))):
            ask = Client().stream(asked).__enter__ if stream else partial(Client().send, asked)
            with pytest.raises(InvalidRequest):
                ask()

    def test_a_schema_is_kept(self) -> None:
        """Structured output is enforced token by token and comes as an instance."""

        class Person(BaseModel):
            name: str
            age: int

        asked = replace(_ASKED, messages=(Message.user("Ada is 36 years old. Give name and age."),))
        found = Client().send(
            replace(asked, params={"temperature": 0, "max_output_tokens": 80}), output=Person
        )
        assert isinstance(found.parsed, Person)

    def test_the_deadline_stops_the_model(self) -> None:
        """A call that would take minutes ends at its deadline, and the next is answered at once."""
        started = time.monotonic()
        with pytest.raises(DeadlineExceeded):
            Client(timeout=0.5).send(_ENDLESS)
        assert time.monotonic() - started < 2
        assert Client(timeout=60).send(_ASKED).text

    def test_leaving_a_stream_stops_the_model(self) -> None:
        """After the first delta of an endless answer, the next call is answered."""
        with Client() as client:
            with client.stream(_ENDLESS) as stream:
                next(stream)
            assert client.send(_ASKED).text

    def test_cancelling_stops_the_model(self) -> None:
        """A cancelled call leaves at once and does not keep the loop or the model."""

        async def run() -> str:
            async with AsyncClient() as client:
                task = asyncio.create_task(client.send(_ENDLESS))
                await asyncio.sleep(0.3)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                return (await client.send(_ASKED)).text

        assert asyncio.run(run())

    def test_threads_are_answered_one_after_another(self) -> None:
        """Calls from several threads give the text that one alone gives."""
        texts: list[str] = []
        with Client() as client:
            threads = [
                threading.Thread(target=lambda: texts.append(client.send(_ASKED).text)) for _ in range(3)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert texts == [client.send(_ASKED).text] * 3

    def test_leaving_the_process_while_the_model_runs(self) -> None:
        """A process that ends in the middle of an answer ends cleanly."""
        code = (
            "from promptlib.dispatch import Client; from promptlib.types import Message, Request; "
            "request = Request(messages=(Message.user('Tell a long story.'),), model='local/smollm2', "
            "params={'max_output_tokens': 4000, 'ignore_eos': True}); "
            "stream = Client().stream(request).__enter__(); print(bool(next(stream)))"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (0, "True\n", "")
