"""Every error promptlib raises, as one tree.

    PromptlibError
    ├── ConfigurationError          a setting, a flag or a project file is wrong
    │   └── MissingExtra            an optional dependency is not installed
    ├── TemplateError               a template file cannot be loaded
    │   └── SecurityError           a template asks for what templates may not have
    ├── InputError                  inputs given to a prompt do not fit its declarations
    ├── RenderLimitError            a bound on rendering was reached
    ├── RefError                    a reference names no prompt, version, label or persona
    ├── RegistryError               a registry cannot be read or written
    │   ├── Conflict                somebody else was first
    │   └── Incompatible            callers would break
    ├── BudgetExceeded              a prompt cannot be made to fit its token budget
    └── ProviderError               a provider cannot be reached, or refused or failed
        ├── AuthenticationError     the key is missing, malformed or refused
        ├── RateLimited             too many requests; `.retry_after` in seconds if known
        ├── ContextOverflow         the prompt is longer than the model takes
        ├── ContentFiltered         the provider blocked the prompt or the answer
        ├── Overloaded              the provider has no capacity, or failed inside
        ├── InvalidOutput           an answer does not fit the type that was asked for
        ├── InvalidRequest          the provider cannot accept the request as it is
        ├── Truncated               a stream ended early; `.partial` holds what came
        ├── TransportError          no connection, or it broke
        └── DeadlineExceeded        the time allowed for the whole call has passed

Errors carry data (where, what, what to do next), survive pickling, and never hold a secret.
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "AuthenticationError",
    "BudgetExceeded",
    "ConfigurationError",
    "Conflict",
    "ContentFiltered",
    "ContextOverflow",
    "DeadlineExceeded",
    "Incompatible",
    "InputError",
    "InvalidOutput",
    "InvalidRequest",
    "MissingExtra",
    "Overloaded",
    "PromptlibError",
    "ProviderError",
    "RateLimited",
    "RefError",
    "RegistryError",
    "RenderLimitError",
    "SecurityError",
    "TemplateError",
    "TransportError",
    "Truncated",
]


def _rebuild(cls: type[PromptlibError], state: dict[str, Any]) -> PromptlibError:
    error = cls.__new__(cls)
    Exception.__init__(error, state["message"])
    error.__dict__.update(state)
    return error


class PromptlibError(Exception):
    """The root of all errors of promptlib.

    `message` says what is wrong, `path`, `line` and `column` (both from 1) where, `hint` what to do
    next; each but the message may be None. `str(error)` is `path:line:column: message`, and the
    hint on a line of its own.
    """

    def __init__(
        self,
        message: str,
        *,
        path: str | None = None,
        line: int | None = None,
        column: int | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.line = line
        self.column = column
        self.hint = hint

    @property
    def place(self) -> str:
        """`path:line:column` as far as known, else an empty string."""
        parts = (self.path, self.line, self.column if self.line else None)
        return ":".join(str(part) for part in parts if part is not None)

    def __str__(self) -> str:
        text = f"{self.place}: {self.message}" if self.place else self.message
        return f"{text}\n  {self.hint}" if self.hint else text

    def __reduce__(self) -> tuple[Any, ...]:
        # Exception's own way would call __init__ with the message alone and lose the data.
        return _rebuild, (type(self), dict(self.__dict__))


class ConfigurationError(PromptlibError):
    """A setting, a flag or a project file is wrong."""


class MissingExtra(ConfigurationError):
    """An optional dependency is not installed; the hint is the command that installs it."""


class TemplateError(PromptlibError):
    """A template file, or a file it names, cannot be loaded or rendered.

    Where several things are wrong, `problems` holds an error for each, and this one is the first.
    """

    def __init__(self, message: str, *, problems: tuple[TemplateError, ...] = (), **place: Any) -> None:
        super().__init__(message, **place)
        self.problems = problems

    def __str__(self) -> str:
        if len(self.problems) > 1:
            return "\n".join(str(problem) for problem in self.problems)
        return super().__str__()


class SecurityError(TemplateError):
    """A template asks for something that no template may have."""


class InputError(PromptlibError):
    """Inputs do not fit what the prompt declares; `problems` has one line for each of them."""

    def __init__(self, message: str, *, problems: tuple[str, ...] = (), **place: Any) -> None:
        super().__init__(message, **place)
        self.problems = problems


class RenderLimitError(PromptlibError):
    """A bound on rendering was reached; `limit` is the field of RenderLimits, `bound` its value."""

    def __init__(self, message: str, *, limit: str, bound: float, **place: Any) -> None:
        super().__init__(message, **place)
        self.limit = limit
        self.bound = bound


class RefError(PromptlibError):
    """A reference is malformed, or names no prompt, version, label or persona."""


class RegistryError(PromptlibError):
    """A registry cannot be read or written."""


class Conflict(RegistryError):
    """Somebody else was first: what the change expected is no longer so."""


class Incompatible(RegistryError):
    """A change would break callers of the prompt."""


class BudgetExceeded(PromptlibError):
    """A prompt cannot be made to fit; `limit` and `needed` are tokens, `parts` who takes what."""

    def __init__(
        self,
        message: str,
        *,
        limit: int,
        needed: int,
        parts: tuple[tuple[str, int], ...] = (),
        **place: Any,
    ) -> None:
        super().__init__(message, **place)
        self.limit = limit
        self.needed = needed
        self.parts = parts


class ProviderError(PromptlibError):
    """A provider cannot be reached, or refused or failed.

    `status` is the HTTP status, `retryable` says whether the same request may succeed later.
    """

    retryable = False

    def __init__(
        self,
        message: str,
        *,
        provider: str | None = None,
        model: str | None = None,
        status: int | None = None,
        request_id: str | None = None,
        **place: Any,
    ) -> None:
        super().__init__(message, **place)
        self.provider = provider
        self.model = model
        self.status = status
        self.request_id = request_id


class AuthenticationError(ProviderError):
    """The key is missing, malformed or refused."""


class RateLimited(ProviderError):
    """Too many requests or tokens; `retry_after` is in seconds, None when the provider is silent."""

    retryable = True

    def __init__(self, message: str, *, retry_after: float | None = None, **data: Any) -> None:
        super().__init__(message, **data)
        self.retry_after = retry_after


class ContextOverflow(ProviderError):
    """The prompt is longer than the model takes; `limit` and `actual` are tokens if known."""

    def __init__(
        self, message: str, *, limit: int | None = None, actual: int | None = None, **data: Any
    ) -> None:
        super().__init__(message, **data)
        self.limit = limit
        self.actual = actual


class ContentFiltered(ProviderError):
    """The provider blocked the prompt or the answer."""


class Overloaded(ProviderError):
    """The provider has no capacity, or failed inside."""

    retryable = True


class InvalidOutput(ProviderError):
    """An answer came, and does not fit the model that was asked for.

    `text` is the answer, `problems` has one line for each thing that does not fit.
    """

    def __init__(self, message: str, *, text: str, problems: tuple[str, ...], **data: Any) -> None:
        super().__init__(message, **data)
        self.text = text
        self.problems = problems


class InvalidRequest(ProviderError):
    """The provider cannot accept the request as it is."""


class Truncated(ProviderError):
    """A stream ended before its end mark; `partial` is the text that had come."""

    def __init__(self, message: str, *, partial: str = "", **data: Any) -> None:
        super().__init__(message, **data)
        self.partial = partial


class TransportError(ProviderError):
    """No connection could be made, or it broke."""

    retryable = True


class DeadlineExceeded(ProviderError):
    """The time allowed for the whole call, over all attempts, has passed."""
