"""Languages: which one a prompt is written in, as far as boards tell them apart."""

import re
from typing import Final, Literal

from arena.evaluation.categories import beginning_and_end

Language = Literal["en", "zh", "other"]

_HAN: Final = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_FOREIGN: Final = re.compile("[\u0370-\u1fff\u3040-\u30ff\uac00-\ud7af]")
_WORD: Final = re.compile(r"[a-zà-öø-ÿ]+(?:['’][a-z]+)?")
_FENCED: Final = re.compile(r"```[^`]*(?:```|\Z)")
_ENGLISH_WORDS = (
    "the of and to a an in is it you that for on are with as i they be at this have from or had by not but what all"
    " were we when your can there use which do how their if will me who why give write make tell please explain"
    " create show list describe find using into these some than then them would should could does did has was been"
)
_OTHER_WORDS = (
    "der die das und ist nicht ein eine wie ich zu den mit für auf le la les des et est une que qui dans je vous pas"
    " el los las en por con una es como del qué il che di per non sono della um uma não para com os het van niet och"
    " att det som på nie na się jest co jak bir ve bu için ne bonjour hola hallo ciao olá merci gracias danke"
)
_ENGLISH: Final = frozenset(_ENGLISH_WORDS.split())
_OTHERS: Final = frozenset(_OTHER_WORDS.split())


def of(text: str) -> Language:
    """The language that a prompt is asked in: by its script, and where that is Latin by its commonest words.

    What is quoted as code has no say, unless there is nothing else.
    """
    seen = beginning_and_end(_FENCED.sub(" ", text) if _FENCED.sub("", text).strip() else text).lower()
    words = _WORD.findall(seen)
    han, foreign = len(_HAN.findall(seen)), len(_FOREIGN.findall(seen))
    # A Chinese character says about as much as half a word; kana beside it are Japanese.
    if han and han >= len(words) / 2:
        return "zh" if foreign <= han / 10 else "other"
    if foreign > sum(map(len, words)):
        return "other"
    english, others = (sum(word in known for word in words) for known in (_ENGLISH, _OTHERS))
    return "en" if english > others or (not others and words and seen.isascii()) else "other"
