"""Claims: the words before or after a name that make it somebody's own."""

import re
from typing import Final

# Bounds on how far from a name its claim may be, so that the work is linear in a text, whatever it is made of.
BEFORE: Final = 160
AFTER: Final = 80

PLAIN: Final = str.maketrans(dict.fromkeys('*_`"\u201c\u201d\u2018\u300c\u300d\u300e\u300f', " ") | {"\u2019": "'"})
SENTENCE_END: Final = re.compile("[.!?](?=\\s)|[\u3002\uff01\uff1f\uff1b;]|\n(?=\\s*(?:\n|[-#>|\\d]))")

_AT: Final = r"(?<![\w'])"
# The words that may stand between "I am" and a name without making it somebody else's.
_FILLER: Final = (
    "(?:(?:an?|the|your|one|of|ai|artificial|intelligence|large|small|language|models?|assistants?|chatbots?|chat|bot|"
    "llm|virtual|digital|system|program|agent|based|on|in|from|by|at|trained|developed|created|made|built|designed|"
    "powered|provided|programmed|fine-?tuned|version|variant|called|named|known|as|and|helpful|friendly|text-based|"
    "conversational|open-?source|family|member|series|is|are|was|were|just|actually|indeed|really|also|simply|here|team|"
    "company|researchers?|people|folks|who|which|that|hello|hi|product|service)[\\s,:()\u2013\u2014-]+){0,16}"
)
_WORK: Final = (
    "(?:trained|developed|created|made|built|designed|powered|provided|programmed|fine-?tuned|released)"
    "(?: and [a-z-]+)? (?:by|at|from) "
)
_ME: Final = "(?:i am|i'm|im|i was|i've been|i have been)"
_MINE: Final = (
    "my (?:full |real |own |given )?"
    "(?:name|model(?: name)?|identity|creators?|developers?|makers?|company|parent company)"
)

# Each must reach to the name itself.
REACHING: Final = {
    "I am": rf"{_AT}{_ME}\s+{_FILLER}$",
    "my name is": rf"{_AT}{_MINE}(?:'s|,)?\s+{_FILLER}$",
    "call me": rf"(?:{_AT}(?:call me|like me,|like myself,)|^\W*(?:(?:hi|hello|hey)\W+)?this is)\s+{_FILLER}$",
    "我是": "我(?:的名字|的模型)?(?:是|叫|就是|名叫|名为|来自|由)(?!用|在|从|说|想|觉得)[^,\uff0c]{0,30}$",
    "je suis": rf"{_AT}(?:je suis|je m'appelle|ich bin|ich heiße|soy|me llamo|eu sou|me chamo|mi chiamo|меня зовут)\s+"
    r"(?:(?:une?|le|la|un|una|el|uma?|ein|eine|der|die|das|il|lo)\s+(?:\w+[\s,:—-]+){0,8})?$",
    "私は": "(?:私|僕|저|나)(?:は|는)[^,\u3001]{0,20}$",
}
WORK_OF: Final = re.compile(_WORK + _FILLER + "$")
WHOSE_WORK: Final = re.compile(
    rf"{_AT}{_ME} (?:(?:also|just|actually|only) )?(?:an?|the|your|one|{_WORK})|(?<!such ){_AT}as (?:an?|the|your) |"
    rf"^\W*{_WORK}"
)
AS: Final = re.compile(rf"(?<!such ){_AT}as {_FILLER}$")
AS_IN_CHINESE: Final = re.compile("作为[^,\uff0c]{0,30}$")
SAYS_I: Final = re.compile(
    "[^.!?\n]{0,40}(?<![\\w'])(?:i|i'm|i've|i'd|i'll|my)\\b(?!/)|[^\u3002\uff01\uff1f\n]{0,20}我"
)
HERE: Final = re.compile(
    "\\s+(?:here|speaking|at your service|is my name)\\s*(?:[.,!:\u2014-]|$)|[^\u3002]{0,3}为您服务"
)

_reaching: Final = {how: re.compile(pattern) for how, pattern in REACHING.items()}

# The voter asks who is there.
WHO: Final = re.compile(
    "who (?:are|made|created|trained|developed|built|owns) (?:you|u)\\b|"
    "(?:what|which) (?:\\w+ ){0,4}(?:are you|made you|is this|am i (?:talking|speaking|chatting))\\b|"
    "are you (?:really |actually )?(?:an? |the )?"
    "(?:ai|bot|human|model|chat ?gpt|gpt|claude|gemini|llama|qwen|deepseek|grok)|"
    "(?:what'?s?|tell me)(?: is| are)? your (?:model )?(?:name|model|creator|maker|developer|version)|"
    "introduce yourself|"
    "你(?:是|叫)(?:谁|什么|哪|不是)|您(?:是|叫)|介绍.{0,4}自己|谁.{0,6}[了的]你|你.{0,4}(?:名字|型号|开发者)"
)
# The voter speaks of models, so that an answer may do so too.
OF_MODELS: Final = re.compile(
    r"\bllms?\b|\blanguage ?models?\b|\bai models?\b|\bchat ?bots?\b|大模型|语言模型|聊天机器人"
)


def before(text: str, place: int) -> str | None:
    """How the words up to this place claim what comes there, None if they don't."""
    told = text[max(0, place - BEFORE) : place].lower().translate(PLAIN)
    told = told[max((end.end() for end in SENTENCE_END.finditer(told)), default=0) :]
    for how, pattern in _reaching.items():
        if pattern.search(told):
            return how
    if (WORK_OF.search(told) and WHOSE_WORK.search(told)) or AS_IN_CHINESE.search(told):
        return "work of"
    return "as" if AS.search(told) and SAYS_I.match(text[place : place + AFTER].lower().translate(PLAIN)) else None


def after(text: str, place: int) -> str | None:
    """How the words from this place on claim what came before it, None if they don't."""
    return "here" if HERE.match(text[place : place + AFTER].lower().translate(PLAIN)) else None
