"""Families: who makes the models of the field, and what they call them; a table for those who look for names."""

import re
from collections.abc import Iterable
from typing import Final

from msgspec import Struct


class Family(Struct, frozen=True):
    """Names that tell of each other: a maker and its models.

    `plain` ones mean nothing else; `common` ones are words, animals or firms of which many texts speak, so that they
    name a model only where somebody says to be it.
    """

    plain: tuple[str, ...]
    common: tuple[str, ...] = ()


FAMILIES: Final = (
    Family(("OpenAI", "ChatGPT", "GPT-3", "GPT-4", "GPT-5", "GPT-OSS"), ("GPT", "Codex", "Davinci", "o1", "o3", "o4")),
    Family(("Anthropic", "Claude Instant", "Claude Opus", "Claude Sonnet", "Claude Haiku"), ("Claude",)),
    Family(("DeepMind", "Google Bard", "Google Gemini"), ("Google", "Gemini", "Gemma", "Bard", "PaLM", "LaMDA")),
    Family(("Meta AI", "Llama 2", "Llama 3", "Llama 4", "Code Llama"), ("Meta", "Facebook", "Llama")),
    Family(("Mistral AI", "Mixtral", "Codestral", "Ministral"), ("Mistral",)),
    Family(("Qwen", "QwQ", "通义千问", "Tongyi"), ("通义", "千问", "Alibaba", "Alibaba Cloud", "阿里巴巴", "阿里云")),
    Family(("DeepSeek", "深度求索")),
    Family(("文心一言", "ERNIE Bot", "Wenxin"), ("文心", "百度", "Baidu", "ERNIE")),
    Family(("智谱", "智谱清言", "ChatGLM", "Zhipu"), ("GLM", "Z.ai")),
    Family(("Moonshot AI", "月之暗面", "Kimi Chat"), ("Kimi", "Moonshot")),
    Family(("Doubao",), ("豆包", "字节跳动", "ByteDance")),
    Family(("Hunyuan",), ("混元", "元宝", "腾讯", "Tencent")),
    Family(("讯飞星火", "SparkDesk"), ("科大讯飞", "星火", "iFlytek")),
    Family(("百川智能", "Baichuan"), ("百川",)),
    Family(("稀宇科技", "海螺AI"), ("MiniMax",)),
    Family(("书生浦语", "InternLM", "InternVL"), ("书生", "上海人工智能实验室")),
    Family(("零一万物", "01.AI"), ("Yi",)),
    Family(("阶跃星辰", "StepFun"), ("跃问",)),
    Family(("MiniCPM", "ModelBest", "面壁智能")),
    Family((), ("xAI", "Grok")),
    Family(("Cohere",), ("Command", "Command R", "Aya")),
    Family(("AI21", "AI21 Labs", "Jamba"), ("Jurassic", "Jurassic-2")),
    Family(("Aleph Alpha",), ("Luminous", "Pharia")),
    Family(("MosaicML", "MPT-7B", "MPT-30B", "DBRX"), ("Databricks", "Mosaic", "Dolly", "MPT")),
    Family(("Technology Innovation Institute", "TII UAE"), ("TII", "Falcon")),
    Family(("LMSYS",), ("FastChat", "Vicuna", "Koala")),
    Family(("Stanford Alpaca",), ("Alpaca", "Guanaco")),
    Family(("OpenAssistant", "LAION", "StableLM", "Stability AI")),
    Family(("EleutherAI", "GPT-NeoX", "GPT-J"), ("Pythia",)),
    Family(("RedPajama", "TogetherComputer"), ("Together AI",)),
    Family(("StarCoder", "StarChat", "BigCode", "HuggingChat"), ("Hugging Face", "Zephyr")),
    Family(("WizardLM", "WizardCoder"), ("Microsoft", "Copilot", "Bing", "Orca", "Phi", "Phi-2", "Phi-3", "Phi-4")),
    Family(("Nous Research", "Nous Hermes", "MythoMax", "Airoboros"), ("Hermes", "Platypus", "Pygmalion")),
    Family(("Nemotron",), ("NVIDIA",)),
    Family((), ("IBM", "Granite", "watsonx")),
    Family((), ("Amazon", "Alexa", "Nova", "Titan")),
    Family((), ("Apple", "Siri")),
    Family(("SmolLM", "SmolLM2", "OLMo", "Allen Institute for AI"), ("Ai2",)),
    Family(("Perplexity AI",), ("Perplexity", "Sonar")),
    Family((), ("Upstage", "Solar")),
    Family(("CodeGen2", "XGen"), ("Salesforce",)),
    Family(("Reka AI",), ("Reka",)),
    Family(("Inflection AI",), ("Pi", "Inflection")),
    Family(("EXAONE", "LG AI Research"), ("Gauss",)),
)


def of(texts: Iterable[str]) -> frozenset[str]:
    """The families that names speak of, each as the first of its own names; also words that mean nothing else here.

    It is asked of names of contenders, organisations and models, so that an everyday word is a name, too.
    """
    words = " ".join(re.sub(r"[^\w.]+", " ", text.casefold()) for text in texts)
    found = set()
    for family in FAMILIES:
        names = (*family.plain, *family.common)
        if any(_named(name, words) for name in names):
            found.add(names[0])
    return frozenset(found)


def _named(name: str, words: str) -> bool:
    plain = re.sub(r"[^\w.]+", " ", name.casefold())
    # “Qwen2.5” names Qwen; “api” doesn't name Pi.
    return re.search(rf"(?<![^\W\d_]){re.escape(plain)}(?![^\W\d_])", words) is not None


def akin(family: str, texts: Iterable[str]) -> bool:
    """Whether what has these names is of that family: one of the field's, or one that the names repeat."""
    spoken = list(texts)
    plain = re.sub(r"[^\w.]+", " ", family.casefold()).strip()
    return bool(of([family]) & of(spoken)) or any(
        _named(plain, re.sub(r"[^\w.]+", " ", text.casefold())) for text in spoken if plain
    )
