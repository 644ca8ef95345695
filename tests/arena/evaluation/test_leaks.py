import gzip
import json
from pathlib import Path
from time import thread_time

import pytest

from arena.evaluation import leaks
from arena.evaluation.leaks import Called, Leak

ANSWERS = Path(__file__).parent / "data" / "answers.jsonl.gz"
NAMES = leaks.known((Called("Weaver 12k", "", "Mancer", "mancer/weaver"), Called("Zyx-Prime 7B", "", "Zyx Labs", "")))

CLAIMS = [
    "Hello! I am ChatGPT, how can I help?",
    "I'm Claude, an AI assistant made by Anthropic.",
    "Sure. I’m **Gemini**, and I can do that.",
    "I am a large language model, trained by Google.",
    "I'm an AI assistant created by Alibaba Cloud, called Qwen.",
    "My name is Weaver and I like to write.",
    "You can call me Kimi.",
    "As an AI developed by OpenAI, I'm unable to perform web scraping.",
    "I'm sorry, but as an AI text-based model developed by OpenAI, I don't have the ability to browse.",
    "As Grok, I would rather say it plainly.",
    "I was trained by Mistral AI in Paris.",
    "I am a friendly multilingual helper that was developed by Meta.",
    "Developed by Microsoft, I can answer many questions.",
    "Hi! This is Zyx-Prime 7B. What would you like to know?",
    "My creators at Anthropic taught me that.",
    "Copilot here. Let's write some code.",
    "I'm zyx prime 7b.",
    "我是通义千问，由阿里云开发的语言模型。",
    "你好，我是由OpenAI训练的大型语言模型。",
    "我叫Kimi，很高兴认识你。",
    "作为百度的人工智能助手，我不能回答这个问题。",
    "我是DeepSeek-V3。",
    "Je suis Claude, un assistant.",
    "Ich bin ein Sprachmodell von Google.",
]
OTHERS = [
    "I am a falcon, said the bird, and flew away.",
    "Llamas and alpacas are kept for their wool; the command line is not.",
    "You can use Google Analytics, Microsoft Azure or Amazon S3 for this.",
    "A good example of this is Apple, which sells telephones.",
    "<head><meta charset='utf-8'></head>",
    "Find the meta tag, then run the command `falcon start`.",
    "I'm using a library such as Google Guava here.",
    "I am not sure whether Baidu is the best source for this.",
    "As an AI language model, I cannot browse the internet.",
    "I'm an assistant that likes Claude Monet.",
    "他是百度的工程师，我不认识他。",
    "The weaver is a bird. I am fond of weavers.",
    "In PaLM Beach I met Gemini twins.",
    "A disk with a GPT has more partitions than one with an MBR.",
    "Use the minimax algorithm, a GLM or XAI methods, and put together AI systems.",
    "Let $\\phi_2$ and \\Phi-2 be the flux.",
    "《文心雕龙》是刘勰写的；豆包很好吃。",
    "Ich bin mit Google zufrieden.",
    "",
]


@pytest.mark.parametrize("answer", CLAIMS)
def test_who_says_to_be_somebody_is_found(answer: str) -> None:
    assert leaks.find(answer, NAMES, ["Tell me about yourself."]) is not None


@pytest.mark.parametrize("answer", CLAIMS)
def test_a_claim_is_one_whatever_was_asked(answer: str) -> None:
    assert leaks.find(answer, NAMES, ["You are ChatGPT, or Claude, or another language model. Say hello."]) is not None


@pytest.mark.parametrize("answer", OTHERS)
def test_who_speaks_of_other_things_is_left_alone(answer: str) -> None:
    assert leaks.find(answer, NAMES, ["What is that?"]) is None


def test_a_model_is_not_spoken_of_unasked() -> None:
    leak = leaks.find("Attention was made famous by GPT-3.", NAMES, ["Explain attention."])
    assert leak == Leak("GPT-3", "named", (29, 34))


@pytest.mark.parametrize(
    "prompt", ["What did ChatGPT change?", "Explain LLMs to me.", "Is Claude Sonnet a poem?", "大模型是什么？"]
)
def test_models_may_be_spoken_of_where_the_voter_did(prompt: str) -> None:
    assert leaks.find("GPT-3 was a language model by OpenAI.", NAMES, [prompt, "Go on."]) is None


@pytest.mark.parametrize(
    "prompt", ["Who are you?", "Which language model are you?", "Are you GPT-4 or Claude?", "你是谁？"]
)
def test_a_name_alone_is_an_answer_to_who_is_there(prompt: str) -> None:
    assert leaks.find("Claude.", NAMES, [prompt]) == Leak("Claude", "named", (0, 6))


def test_the_evidence_is_where_the_text_has_it() -> None:
    answer = "İstanbul'da! I am ChatGPT."
    leak = leaks.find(answer, NAMES, [])
    assert leak is not None
    assert (answer[slice(*leak.span)], leak.how, leak.version) == ("ChatGPT", "I am", leaks.VERSION)


def test_a_contender_whose_name_is_a_word_may_be_any_word() -> None:
    called = [
        Called("BLOOM 7B", "", "House", "bloom-7b"),
        Called("Élan", "2", "", ""),
        Called("Яндекс GPT", "", "", ""),
    ]
    names = leaks.known(tuple(called))
    for answer in ("Roses bloom in June.", "He wrote with élan.", "The disk has a GPT."):
        assert leaks.find(answer, names, ["How?"]) is None
    for answer in ("I am BLOOM.", "I'm Élan 2.", "Я не знаю, спросите Яндекс GPT."):
        assert leaks.find(answer, names, ["How?"]) is not None


def test_what_is_found_does_not_depend_on_whose_answer_it_is() -> None:
    """Otherwise a remark, or its absence, would tell the voter more than the text says."""
    first, second = Called("GPT-4", "", "OpenAI", "gpt-4"), Called("Claude 3", "", "Anthropic", "claude-3")
    told = "Try GPT-4 or Claude Sonnet."
    found = [leaks.find(told, leaks.known(both), ["How?"]) for both in ((first, second), (second, first))]
    assert found[0] == found[1]
    assert found[0] is not None


def test_real_answers_that_state_whose_they_are_are_caught_and_few_others() -> None:
    """Answers of llmfao and arena-hard, labelled by hand (data/README.md says how).

    Caught are 2 of 2. Of the others, 2 of 2,631 in all the answers (0.08 %), which name GPT-3 and OpenAI's Gym where
    no model was spoken of; the file holds those 2 among 1,610 others.
    """
    answers = [json.loads(line) for line in gzip.decompress(ANSWERS.read_bytes()).splitlines()]
    called = {Called(answer["contender"], "", answer["organisation"], answer["model"]) for answer in answers}
    names = leaks.known(tuple(sorted(called)))
    caught = {answer["id"] for answer in answers if leaks.find(answer["text"], names, [answer["prompt"]])}
    stating = {answer["id"] for answer in answers if answer["states_identity"]}
    assert len(stating) == 2
    assert stating <= caught
    assert len(caught - stating) <= 0.01 * (len(answers) - len(stating))


HOSTILE = [
    "I am so gemini ",
    "Such as a model, made by Gemini ",
    "i am a bot made by ",
    "as an ai as a bot Claude ",
    "word and " * 20 + "Gemini. ",
    "GPT ",
    "我是",
    "Ich bin a, b - c: Claude ",
    "i\u0307\u0307am ",
    "-" * 50 + "claude" + "-" * 50,
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_texts_take_time_in_proportion_to_their_length(piece: str) -> None:
    """Twice the text may take four times as long at most, on the processor's own clock."""

    def seconds(characters: int) -> float:
        text, times = piece * (characters // len(piece)) + "Claude", []
        for _ in range(5):
            began = thread_time()
            leaks.find(text, NAMES, ["How?"])
            times.append(thread_time() - began)
        return min(times)

    seconds(1000)
    assert seconds(65536) < 4 * seconds(32768) + 0.004
