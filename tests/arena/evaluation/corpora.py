"""The real texts beside this file, by what they are labelled as."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TEXTS = Path(__file__).parent / "texts"

# What people called the categories, and what we call them.
MT_BENCH = {
    "writing": "creative",
    "roleplay": "roleplay",
    "reasoning": "reasoning",
    "math": "maths",
    "coding": "code",
    "extraction": "extraction",
    "stem": "knowledge",
    "humanities": "knowledge",
}
LLMFAO = {
    "reflexion": "reasoning",
    "knowledge": "knowledge",
    "code": "code",
    "instruct": "instructions",
    "creativity": "creative",
}


def rows(name: str) -> Iterator[dict[str, Any]]:
    """The rows of one file."""
    path = TEXTS / name
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        yield from map(json.loads, file)


def labelled() -> list[tuple[str, str]]:
    """Prompts with the category that people gave them."""
    bench = [(MT_BENCH[row["category"]], row["turns"][0]) for row in rows("mt-bench-questions.jsonl")]
    return bench + [(LLMFAO[row["type"]], row["text"]) for row in rows("llmfao-prompts.jsonl")]


def asked() -> list[str]:
    """Prompts of real voters."""
    return [row["prompt"] for row in rows("arena-hard-questions.jsonl.gz")]


def answered() -> list[str]:
    """Answers of real models."""
    return [row["result"] or "" for row in rows("llmfao-results.jsonl.gz")]
