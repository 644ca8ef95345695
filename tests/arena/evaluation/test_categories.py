"""How often the rules are right: on prompts that people have labelled, ours and others'."""

import re
from collections import Counter
from time import process_time

import pytest

from arena.evaluation import categories, languages, presets
from arena.evaluation.categories import CATEGORIES
from tests.arena.evaluation import corpora

# Of a cluster's name it can be told that its prompts are about programs. None of these was looked at for the rules.
PROGRAMS = re.compile(
    "Python|SQL|JavaScript|Java|React|Django|Docker|Flask|C\\+\\+|CSS|Rust Structs|TypeScript|PHP|PyTorch|Tkinter"
    "|Web Scraping|Node|Streamlit|Android|VBA|Regex|CUDA|FFmpeg|Roblox|Swift|Web Dev",
    re.IGNORECASE,
)

# At least this share of a label's prompts is found, and of what is found this share has the label. The rules were
# written with these prompts in sight. A prompt has one label and may have several categories, so precision is a lower
# bound: nobody asked for a form (instructions) was labelled so, because the labels had no name for it.
BOUNDS = {
    "code": (0.95, 0.80),
    "creative": (0.90, 0.90),
    "extraction": (0.95, 0.70),
    "instructions": (0.60, 0.10),
    "knowledge": (0.90, 0.95),
    "maths": (0.95, 0.65),
    "reasoning": (0.95, 0.90),
    "roleplay": (0.95, 0.95),
}


def confusion() -> Counter[tuple[str, str]]:
    """How often prompts of a label were sorted into a category."""
    return Counter((label, found) for label, text in corpora.labelled() for found in categories.of(text))


@pytest.mark.parametrize("category", BOUNDS)
def test_labelled_prompts_are_sorted_as_people_did(category: str) -> None:
    table = confusion()
    labels = Counter(label for label, _ in corpora.labelled())
    right = table[category, category]
    found = sum(number for (_, one), number in table.items() if one == category)
    recall, precision = BOUNDS[category]
    assert right / labels[category] >= recall
    assert right / found >= precision


def test_programs_are_known_in_prompts_that_the_rules_were_not_written_with() -> None:
    prompts = [
        row["prompt"] for row in corpora.rows("arena-hard-questions.jsonl.gz") if PROGRAMS.search(row["cluster"])
    ]
    assert len(prompts) == 84
    assert sum("code" in categories.of(prompt) for prompt in prompts) / len(prompts) >= 0.8


def test_what_the_arena_offers_is_sorted_as_it_says() -> None:
    assert {preset.kind for preset in presets.ALL} == set(CATEGORIES)
    wrong = [preset.text for preset in presets.ALL if preset.kind not in categories.of(preset.text)]
    assert wrong == []


def test_a_prompt_may_be_of_several_categories_or_of_none() -> None:
    text = "Act as a poet. Write a poem about the sea in exactly three lines."
    assert categories.of(text) == ["creative", "instructions", "roleplay"]
    assert categories.of("ok") == categories.of("") == []


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Explain photosynthesis", "en"),
        ("```python\n# 打印\nprint(1)\n```\nWhat does this do?", "en"),
        ("为什么天是蓝的？", "zh"),
        ("用 Python 写一个快速排序函数", "zh"),
        ("為什麼天空是藍色的", "zh"),
        ("Wie wird das Wetter in Berlin, und was soll ich anziehen?", "other"),
        ("¿Por qué el cielo es azul?", "other"),
        ("なぜ空は青いのですか", "other"),
        ("하늘은 왜 파란가요?", "other"),
        ("Почему небо голубое?", "other"),
        ("", "other"),
        ("12 + 30", "other"),
    ],
)
def test_the_language_is_told_by_script_and_common_words(text: str, language: str) -> None:
    assert languages.of(text) == language


def test_real_english_prompts_are_english() -> None:
    prompts = corpora.asked() + [text for _, text in corpora.labelled()]
    assert {languages.of(prompt) for prompt in prompts} == {"en"}


@pytest.mark.parametrize(
    "unit", ["a ", "write ", "how many ", "$1 ", "12% ", "\n", "```", "请写", "translate ", "=> {;\n"]
)
def test_a_long_prompt_takes_no_longer_than_its_length(unit: str) -> None:
    def seconds(characters: int) -> float:
        text = unit * (characters // len(unit))
        began = process_time()
        for _ in range(3):
            categories.of(text)
            languages.of(text)
        return process_time() - began

    assert seconds(32_000) <= 16 * seconds(8_000) + 0.05
