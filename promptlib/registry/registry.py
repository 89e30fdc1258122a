"""Registry: prompts by reference, rendered from memory."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from promptlib.errors import ConfigurationError, RefError
from promptlib.project import load as load_project
from promptlib.registry.drafts import Drafts, snapshot
from promptlib.registry.refs import Selector, parse_ref
from promptlib.templates.files import DirectoryFiles
from promptlib.templates.limits import RenderLimits
from promptlib.types import Budget, Message, Ref, Tool

if TYPE_CHECKING:
    from promptlib.prompt import Prompt
    from promptlib.templates.template import Template

__all__ = ["Registry"]

_LATER = "This release serves the drafts of a folder; releases, labels and databases come with a later one."


class Registry:
    """Prompts of one folder, read into memory by `open` and `refresh`.

    `render` does no I/O and may be called from any thread; with `reload=True` it looks for changed
    files first, which is for development.
    """

    def __init__(
        self, url: str, files: DirectoryFiles, *, limits: RenderLimits, guard: Any, reload: bool
    ) -> None:
        self.url = url
        self._files = files
        self._limits = limits
        self._guard = guard
        self._reload = reload
        self._project = load_project(files.root)
        self._state: Any = None
        self._drafts = self._read()

    @classmethod
    def open(
        cls,
        url: str | os.PathLike[str],
        *,
        drafts: str | os.PathLike[str] | None = None,
        default: str | None = None,
        lock: str | None = None,
        events: str | None = None,
        fallback: str | None = None,
        poll: float = 5.0,
        max_stale: float | None = None,
        reload: bool = False,
        limits: RenderLimits | None = None,
        guard: Literal["allow", "flag", "refuse"] | None = None,
    ) -> Registry:
        """Open a folder of templates.

        Args:
            url: the folder, or an `importlib.resources` path to one.
            drafts: a folder of drafts laid over a database; not in this release.
            default: the label that a bare name means; not in this release.
            lock: a lock file; not in this release.
            events: where exposures go; not in this release.
            fallback: a bundle to serve when a store is away; not in this release.
            poll: seconds between two looks at a store; a folder is read by `refresh`.
            max_stale: seconds after which a store's last answer is refused; not in this release.
            reload: look for changed files at each render.
            limits: bounds on loading and rendering; the defaults of RenderLimits when None.
            guard: what happens to control strings and hidden characters in values of inputs that
                declare no guard, and in the history; None flags them in untrusted inputs and in
                the history, and allows them elsewhere.

        Raises:
            RegistryError: there is no such folder.
            ConfigurationError: an option that this release does not have.
        """
        given = {"drafts": drafts, "default": default, "lock": lock, "events": events, "fallback": fallback}
        asked = [name for name, value in given.items() if value is not None]
        text = os.fspath(url)
        if asked or max_stale is not None or "://" in text:
            what = asked[0] if asked else "max_stale" if max_stale is not None else "a database"
            raise ConfigurationError(f"Registry.open cannot do {what} yet", hint=_LATER)
        del poll  # asked for by stores that change while they are open
        return cls(text, DirectoryFiles(text), limits=limits or RenderLimits(), guard=guard, reload=reload)

    def __repr__(self) -> str:
        return f"Registry.open({self.url!r})"

    # -- reading

    def refresh(self) -> None:
        """Read the files again; prompts already rendered stay as they are."""
        self._drafts = self._read()

    def _read(self) -> Drafts:
        if self._reload:
            self._state = self._fingerprint()
        return Drafts(snapshot(self._files), self._limits)

    def _fingerprint(self) -> list[tuple[str, int, int]]:
        found = []
        for path in self._files.paths():
            try:
                status = (self._files.root / path).lstat()
            except OSError:
                # Gone since the folder was listed, as an editor's own files are.
                continue
            found.append((path, status.st_mtime_ns, status.st_size))
        return found

    def _current(self) -> Drafts:
        if self._reload and self._fingerprint() != self._state:
            self.refresh()
        return self._drafts

    def names(self) -> tuple[str, ...]:
        """The names of all prompts, sorted; partials and personas are left out."""
        return self._current().names()

    def get(self, ref: str | Ref) -> Template:
        """The template a reference names.

        Raises:
            RefError: there is none.
            TemplateError: it cannot be loaded.
        """
        return self._find(parse_ref(ref))[0]

    def resolve(self, ref: str | Ref) -> Ref:
        """What a reference names now: name, version and digest."""
        return self._find(parse_ref(ref))[1]

    def _find(self, selector: Selector) -> tuple[Template, Ref]:
        if selector.kind not in ("default", "draft"):
            raise RefError(
                f"{selector.name!r} has no release, so there is no {_wanted(selector)}", hint=_LATER
            )
        template = self._current().get(selector.name)
        if selector.digest is not None and selector.digest != template.digest:
            raise RefError(
                f"the draft of {selector.name!r} has changed: it is sha256:{template.digest[:12]}…, "
                f"and sha256:{selector.digest[:12]}… was asked for"
            )
        return template, Ref(name=selector.name, digest=template.digest)

    # -- rendering

    def render(
        self,
        ref: str | Ref,
        inputs: Any = None,
        *,
        persona: str | None = None,
        history: Sequence[Message | Mapping[str, Any]] = (),
        unit: str | None = None,  # noqa: ARG002  experiments assign by it
        model: str | None = None,
        params: Mapping[str, Any] | None = None,
        tools: Sequence[Tool | Mapping[str, Any]] | None = None,
        budget: Budget | Literal[False] | None = None,
    ) -> Prompt:
        """Render a prompt with one mapping, or one pydantic model, of inputs.

        Args:
            ref: `name`, `name@draft`, or a `Ref`.
            inputs: values of the declared inputs; they are copied.
            persona: one of the personas the prompt declares; the first when None.
            history: turns of the conversation, as Message or `{role, content}`.
            unit: user or session id, for experiments.
            model: `provider/name`, instead of the front matter's.
            params: parameters that are laid over the front matter's.
            tools: tools instead of the front matter's.
            budget: tokens it may take, instead of the front matter's; False never cuts or refuses.

        Raises:
            RefError: no such prompt or persona.
            TemplateError: the prompt cannot be loaded.
            InputError: the inputs or the history do not fit; all problems at once.
            RenderLimitError: a bound of RenderLimits was reached.
            BudgetExceeded: the prompt may take more tokens than the budget gives it.
        """
        from promptlib.prompt import compose

        template, found = self._find(parse_ref(ref))
        return compose(
            template,
            found,
            inputs,
            persona=persona,
            history=history,
            model=model,
            params=params,
            tools=tools,
            budget=budget,
            guard=self._guard,
            project=self._project,
        )


def _wanted(selector: Selector) -> str:
    wanted = {
        "version": f"version {selector.version}",
        "digest": f"sha256:{selector.digest}",
        "label": f"label {selector.label!r}",
        "latest": "latest version",
    }
    return wanted[selector.kind]
