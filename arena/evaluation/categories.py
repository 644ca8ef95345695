"""Categories: the rules that sort a prompt, by its words alone.

A prompt may be of several categories, or of none. The rules look for words and marks and understand nothing, so each
board of a category says how often they are right. Every pattern has bounded gaps: the cost grows with the text alone.
"""

import re
from typing import Final

# Kept with every battle: another set of rules is another classifier, and old battles are sorted anew.
CLASSIFIER: Final = "rules-1"
CATEGORIES: Final = (
    "code",
    "creative",
    "extraction",
    "instructions",
    "knowledge",
    "maths",
    "reasoning",
    "roleplay",
    "translation",
)
# What a prompt is about is told by how it begins and how it ends; what is pasted in between would only mislead.
BEGINNING: Final = 2000
END: Final = 500

_TONGUES = (
    "english|french|german|spanish|italian|portuguese|russian|arabic|hindi|japanese|korean|chinese|mandarin|latin|dutch"
    "|polish|turkish|greek|swedish|vietnamese|hungarian"
)
_LANGUAGES = (
    r"python|javascript|typescript|java|c\+\+|c#|vb\.net|golang|kotlin|php|ruby|perl|haskell|scala|ocaml|matlab|sql"
    r"|html5?|css|xaml|bash|powershell|autolisp|gdscript|verilog|hlsl|cuda|regex|react|vue3?|node\.?js|django|flask"
    r"|numpy|pandas|pytorch|tensorflow|matplotlib|streamlit|symfony|docker|nginx|langchain|lua|vba|assembly|awk|jq|svg"
)
_MADE = (
    r"functions?|scripts?|programs?|algorithms?|class(?:es)?|quer(?:y|ies)|codes?|website|web server|plugin|extension"
    r"|module|kernel|schema|regex|unit tests?"
)
_TEXTS = (
    r"stor(?:y|ies)|poems?|haikus?|limericks?|sonnets?|songs?|lyrics|essays?|blog|articles?|e-?mails?|letters?"
    r"|paragraphs?|headlines?|slogans?|jokes?|speech|dialogues?|novels?|fictional|characters?|product description"
    r"|advert\w*|taglines?|tweets?|captions?|toasts?|screenplays?|rap|chord progression|melody|fables?|diary|post"
)

_RULES: Final[dict[str, tuple[str, ...]]] = {
    "code": (
        r"```[ \t]*\w{0,20}\n",
        r"^[ \t]*(?:def \w+\(|import \w+|from \w[\w.]* import |#include\b|class \w+[:({]|public \w+"
        r"|using \w+;|let \w+ =)",
        r"[;{}][ \t]*$",
        r"=>|</\w+>|\bconsole\.log\b",
        rf"(?<![\w.])(?:{_LANGUAGES})(?!\w)",
        r"\b(?:in|using|proper|idiomatic) (?:rust|swift|go|scheme|r|c|dart|julia)\b(?! \w+ing\b)",
        rf"\b(?:write|implement|create|make|develop|build|generate|give|show|code|modify"
        rf"|design)\b[^.\n]{{0,40}}\b(?:{_MADE})\b",
        r"\b(?:this|following|my|below|the) (?:\w+ )?(?:code|script|function|snippet)\b(?! of\b)",
        r"\b(?:bug in|debug|refactor|compile|stack trace|binary tree|linked list|sorted (?:arrays?|lists?)|big-?o\b)",
        r"代码|编程|程序(?!员)|脚本|算法|函数(?![^。\n]{0,10}[值域导])|正则|数据库|接口报错|调试|爬虫|二叉树"
        r"|链表|单元测试",
    ),
    "creative": (
        rf"\b(?:write|compose|draft|create|craft|tell|give|make|construct|describe|invent"
        rf"|develop)\b[^.\n]{{0,80}}\b(?:{_TEXTS})\b",
        r"\b(?:edit|proofread|polish|rewrite|rephrase|paraphrase)\b[^.\n]{0,40}\b(?:paragraph|text|sentence"
        r"|e-?mail|letter)",
        r"\bin the style of (?:an? )?(?:haiku|poem|folk|\w+ song|shakespeare|bob)",
        r"(?:写|创作|编|讲|作|拟|起草|续写|设计)(?:一|个|首|篇|封|段|则|几|两|三|出|上|下|作|，|副)?[^。？\n]{0,30}"
        r"(?:故事|诗|词|歌|散文|小说|童话|笑话|文案|邮件|信|作文|广告|标语|口号|演讲|祝福|剧本|对联|日记|推文"
        r"|小红书|段子|寓言|开头)",
        r"润色|改写(?:下面|这)|扩写|续写|仿写",
    ),
    "extraction": (
        r"\b(?:extract|summari[sz]e|named entit|classify|categori[sz]e|assign them|sentiment)\w*\b",
        r"\b(?:evaluate|analy[sz]e|rate)\b[^.\n]{0,30}\b(?:following|these|movie|customer"
        r"|product)\b[^.\n]{0,30}\breviews?\b",
        r"\bidentify\b[^.\n]{0,80}\b(?:in|from|mentioned|given|following)\b",
        r"\bgiven (?:the following|these) (?:\w+ )?(?:data|records|categories|text|table|list)\b",
        r"\b(?:read|from|in) the (?:paragraph|passage|text|article|table|e-?mail)s? (?:below|and (?:count|find|list))",
        r"\bcount how (?:many|often)\b|\bis (?:more )?[\"“]?positive[\"”]? or [\"“]?negative|\btl;?dr\b",
        r"提取|抽取|概括|摘要|总结(?:下面|以下|这|成)|归类|分类(?:到|为|成)|情感(?:倾向|分析)"
        r"|找出[^。\n]{0,20}(?:中|里)的|从[^。\n]{0,15}(?:文字|文本|段落|句子|评论|通知|材料|资料)[中里]",
    ),
    "instructions": (
        r"\b(?:reply|respond|answer|return|output)\b[^.\n]{0,20}\b(?:with )?only\b|\bonly (?:reply|respond"
        r"|answer|output)\b",
        r"\b(?:fewer|less|no more|more) than (?:\d+|two|three|four|five|ten|twenty|fifty"
        r"|one hundred)\b[^.\n]{0,12}\b(?:words?|sentences?|lines?|paragraphs?|characters?)\b",
        r"\b(?:exactly|at most|at least|within|under|using) (?:\d+|one|two|three|four|five|six|seven|ten"
        r"|twenty|fifty) \w{0,8} ?(?:words?|sentences?|lines?|bullet\w*|paragraphs?|items?|syllables?)\b",
        r"\b(?:do not|don['’]t|never|without) (?:us(?:e|ing)|start|includ|mention|explain|writ|say)\w*",
        r"\b(?:every|each) (?:sentence|line|word|bullet|item|paragraph)\b",
        r"\b(?:as|in|into|a) (?:an? )?(?:valid )?(?:json|csv|yaml|xml|markdown)\b|\bformat(?:ted)? (?:of|like"
        r"|as)\b|\bin the format\b",
        r"(?:只|仅)(?:用|需|要|能|可以?)?[^。，；\n]{0,12}(?:回答|输出|回复|返回|给出|写|列)|不要(?:任何|使用"
        r"|出现|解释|提到|包含|用|写|超过)|不得|不能(?:使用|出现|用|超过)|不出现",
        r"(?:不超过|不多于|少于|至少|恰好|正好|控制在|限)\s*[0-9〇一二两三四五六七八九十百]+\s*(?:个"
        r"|来)?(?:字|句|行|条|词|段|点)",
        r"(?:每(?:一)?(?:句|行|条|段|项|个词))|以?\s*(?:json|csv|markdown|表格|列表)\s*(?:格式|形式|输出|给出"
        r"|列出)|按(?:照)?[^。\n]{0,12}格式",
    ),
    "maths": (
        r"\\(?:frac|sqrt|int|sum|ket|begin)\b|\$\$",
        r"(?<![a-z])[a-z]\s?\^\s?\d|\d\s?[+×*÷]\s?\d|(?<![a-z])[a-z]\s?[+*-]\s?[a-z]\s?=|\bf\s?\(x\)"
        r"|\b\d*x\b[^\n]{0,10}[=<>]",
        r"\b(?:inequality|integers?|integrals?|derivatives?|probability|triangles?|polynomial|theorem"
        r"|epsilon-delta|remainder"
        r"|divided by|divisible|square root|sqrt|perimeter|quadratic|logarithm|eigenvalues?|arithmetic"
        r"|geometry|algebra)\b",
        r"\b(?:solve|equation) (?:for|of|the equation)\b|\bprove that\b|\bcompound interest\b|\barea of\b",
        r"\bhow (?:much|many)\b[^?\n]{0,120}\b(?:total|left|remain\w*|altogether|in all|earn|spend|spent|cost|pay)\b",
        r"\bhow many (?:people|students|apples|books|integers|ways|numbers)\b|\bwhat(?:['’]s| is) the total\b",
        r"\d+(?:\.\d+)?%[^\n]{0,200}\d+(?:\.\d+)?%|\btotal (?:amount|cost|price|number)\b[^\n]{0,60}\?"
        r"|\$\d[^\n]{0,300}\$\d[^\n]{0,300}\?",
        r"方程|无理数|鸡兔同笼|原价|各?有多少(?:只|个|元|人|本)|求导|导数|积分|概率|面积|周长|因式分解|质数"
        r"|素数|余数|整除|平方根|勾股|三角形|等差|等比|数列|不等式|证明[^。\n]{0,20}(?:数|定理|等于)"
        r"|函数[^。\n]{0,15}(?:值|导|定义域)|百分之|利率|[一共还]剩?(?:多少|几)(?:元|个|人|千米|公里|只|本)"
        r"|一共(?:有|要|花)?[^。？\n]{0,8}(?:多少|几)|[需还要]多少(?:天|小时|分钟|元)",
    ),
    "reasoning": (
        r"\bhow many (?:brothers|sisters|siblings)\b|\bstep[- ]by[- ]step\b|\b(?:riddle|puzzle|paradox|deduce"
        r"|trilemma|syllogism)s?\b",
        r"\bargu(?:e|ments?) (?:for|against|in favou?r)\b|\bpros and cons\b|\btrue, false\b|\bdoes not belong\b",
        r"\bwhat (?:could|might) (?:be|have been) the reasons?\b|\bwhich (?:situation|statement|option|word"
        r"|of the following)\b",
        r"\brelationship between [a-z] and [a-z]\b|\b(?:current|your) position\b|\b(?:which|the) direction\b"
        r"|\bovertak\w+\b",
        r"\bread the (?:below )?(?:passage|following)[^.\n]{0,40}\bquestions?\b|\bwhere is the white house\b"
        r"|\bwho (?:is|was) (?:lying|telling the truth|the (?:tallest|oldest|thief))\b",
        r"推理|谜语|脑筋急转弯|逻辑|悖论|谁(?:在)?(?:说谎|说真话|是(?:小偷|凶手|第))|只有一(?:人|个"
        r"|句)[^。\n]{0,8}(?:真|假|对)|利弊|正反(?:两|双)方|论证|反驳|一步一步|不同类|排(?:在|第)|称几次"
        r"|最少[^。\n]{0,8}几次|为什么不可能|怎样(?:才能)?(?:过河|分出)",
    ),
    "roleplay": (
        r"\b(?:act|acting|behave|behaving|speak|talk) (?:as|like) (?:an? |the |my )?\w+",
        r"\bpretend\b|\brole ?-?play\b|\b(?:role|persona) of\b|#\s*role\b|\bdungeon master\b|\btext rpg\b"
        r"|\bstay in character\b",
        r"\b(?:imagine|picture|consider|suppose) (?:yourself|you are|you['’]re|you) (?:as )?an? (?:\d+"
        r"|\w+)(?! \w+ing\b)",
        r"(?:^|\. )(?:now )?(?:you are|you['’]re) (?:now )?an? (?!given\b)\w+",
        r"扮演|假装你|假设你是|假如你是|想象你是|你(?:现在)?是一(?:名|位|个|只|棵|台|家)"
        r"|以[^。\n]{0,12}的(?:身份|口吻|语气)|角色是|跑团",
    ),
    "translation": (
        r"\btranslat(?:e|ing|ion)\b(?! (?:this|the|my|following) (?:\w+ )?(?:code|function|script|program))",
        rf"\bhow (?:do|would|can) (?:you|i|we) say\b[^?\n]{{0,80}}\bin (?:{_TONGUES})\b|\b(?:into|to) (?:{_TONGUES})\b",
        r"翻译|译(?:成|为|作)|用(?:英语|英文|日语|法语|德语|文言文|白话文?|粤语|西班牙语|韩语)(?:怎么)?(?:说"
        r"|写|表达)|(?:英|日|法|德|中)文怎么说",
    ),
}
_KNOWLEDGE = (
    r"\b(?:what|who|when|where|why|which|how)\b|\b(?:explain|describe|discuss|compare|define|differences?"
    r"|meaning|outline"
    r"|overview|insights?|suggest|list|recommend|tell me|teach|share ideas|lesson plan|is|are|does|did)\b"
    r"|什么|为何|为什么|怎么|怎样|如何|哪|谁|介绍|解释|说明|区别|比较|列举|简述|讲讲|含义|原理|建议|推荐|吗|历史"
)

_PATTERNS: Final = {code: re.compile("|".join(rules), re.IGNORECASE | re.MULTILINE) for code, rules in _RULES.items()}
_FACTS: Final = re.compile(_KNOWLEDGE, re.IGNORECASE)
# Beside a form that is asked for, a question is one of knowledge; beside anything else its words are not.
_BESIDE_KNOWLEDGE: Final = frozenset({"instructions"})


def of(text: str) -> list[str]:
    """The categories that a prompt is of, sorted."""
    seen = beginning_and_end(text)
    found = {category for category, pattern in _PATTERNS.items() if pattern.search(seen)}
    if "code" in found:
        found.discard("maths")  # Numbers and signs belong to the program; what it computes is its own affair.
    if found <= _BESIDE_KNOWLEDGE and _FACTS.search(seen):
        found.add("knowledge")
    return sorted(found)


def beginning_and_end(text: str) -> str:
    """What a long text is judged by."""
    return text if len(text) <= BEGINNING + END else f"{text[:BEGINNING]}\n{text[-END:]}"
