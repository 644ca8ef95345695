"""What the gates find, what they leave alone, and what is done with it."""

from time import process_time

import pytest
from msgspec import structs

from arena.config import Action, Settings
from arena.evaluation import gates
from arena.evaluation.exclusions import Reason
from arena.evaluation.gates import PromptGated, Rule
from arena.evaluation.toxic import _LEXICON
from tests.arena.evaluation import corpora

SETTINGS = Settings(database_url="", redis_url="", secret="s" * 32)


def rules_that_find(text: str) -> list[str]:
    return [found.rule for found in gates.look(text, turn=1, position=None)]


# Made up, each with the right checksum where there is one; none is anybody's as far as we know.
PERSONAL = [
    ("e-mail", "Write to maria.keller82@posteo.de about the flat."),
    ("e-mail", "我的邮箱是zhangwei1987@qq.com，请联系"),
    ("e-mail", "Contact: h.okafor@physics.ox.ac.uk."),
    ("phone", "Ruf mich an: +49 176 20481936"),
    ("phone", "My number is +44 (0)20 7946 1837, ask for Tim"),
    ("phone", "Reach her at (415) 867-2309 after six"),
    ("phone", "call 212-664-7665 today"),
    ("phone", "打我手机 13726049853 就行"),
    ("phone", "电话：+86 159 2071 4836"),
    ("card", "Charge 4539 1488 0343 6467 please"),
    ("card", "My card: 5425233430109903, exp 04/29"),
    ("iban", "Pay to DE75 5121 0800 1245 1261 99"),
    ("iban", "IBAN FR7630006000011234567890189"),
    ("resident-id", "身份证号：110101198503078373"),
    ("resident-id", "32010219920815007X的户主"),
    ("ssn", "SSN 536-22-8726 on file"),
    ("network", "I keep getting logins from 91.198.174.192, who is that?"),
    ("network", "Block 2a02:8108:8ac0:1f00:3c5e:91ff:fe2d:77b1 in the firewall"),
    ("address", "I live at 2817 Maple Avenue, Boulder, CO 80304 with two cats"),
    ("address", "寄到杭州市西湖区文三路478号华星大厦12楼"),
    ("address", "北京市朝阳区建国路93号7号楼1802室"),
]
# What looks like it and is nobody's.
HARMLESS = [
    "Send it to user@example.com or your.name@company.com, john.doe@gmail.com",
    "git clone git@github.com:owner/name.git",
    "pip install package@1.2.3 and use @decorator",
    "Call (555) 123-4567 or +1 555 010 9999",
    "What is 13726049853 * 2?",
    "1234567890123456 and 4111 1111 1111 1111",
    "4539 1488 0343 6468",
    "DE89 3704 0044 0532 0130 00 is the standard's example; DE75 5121 0800 1245 1261 98 is wrong",
    "11010119900307123X 和 110101199013371234",
    "SSN 123-45-6789 or 000-12-3456; ISBN 978-3-16-148410-0",
    "ping 8.8.8.8, 127.0.0.1, 192.168.0.12, 10.0.0.7 and 203.0.113.9",
    "Firmware version 12.34.56.78 of the driver; ### 1.2.2.2. Heading",
    "On 2024-05-01 at 12:30:45 the ratio was +1.08333333",
    "a ::: b, std::vector<int>::iterator, 12:34:56",
    "123 Main Street, Springfield, IL 62704",
    "I met Zhang Wei on Nanjing Road",
    "π = 3.14159265358979323846",
]


@pytest.mark.parametrize(("rule", "text"), PERSONAL)
def test_personal_data_is_found(rule: str, text: str) -> None:
    assert rule in rules_that_find(text)


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_nobodys_is_left_alone(text: str) -> None:
    assert rules_that_find(text) == []


def test_a_finding_says_where_and_never_what() -> None:
    (found,) = gates.look("Mail maria.keller82@posteo.de now", turn=2, position=1)
    assert (found.turn, found.position, found.rule, found.spans) == (2, 1, "e-mail", [(5, 29)])
    assert "maria" not in repr(found)


def test_insults_of_groups_and_threats_are_found() -> None:
    for word in _LEXICON.words:
        assert rules_that_find(f"they said {word.upper()}.") == ["slur"]
    for word in _LEXICON.strings:
        assert rules_that_find(f"他说{word}。") == ["slur"]
    for text in (
        "I will find you and kill you",
        "I'm going to shoot your family",
        "you deserve to die",
        "我明天弄死你全家",
    ):
        assert rules_that_find(text) == ["threat"]


@pytest.mark.parametrize(
    "text",
    [
        "How do I kill a child process? Killing it will kill yours too",
        "That joke is killing me, I will kill you in chess",
        "The spick and span kitchen of the Scunthorpe inn",
        "A raccoon niggled at the snigger of the crowd",
        "我今天累死了，他去死海旅游",
        "I will kill the lights; shoot your shot",
    ],
)
def test_words_with_another_sense_are_not_toxic(text: str) -> None:
    assert rules_that_find(text) == []


def test_real_texts_hardly_ever_hold_a_finding() -> None:
    """Looked at by hand: of 1,133 answers none holds personal data, of 500 prompts one names a phone number."""
    answers = corpora.answered()
    assert len(answers) == 1133
    assert [text for text in answers if rules_that_find(text)] == []
    prompts = [text for text in corpora.asked() if rules_that_find(text)]
    assert len(prompts) == 1
    assert rules_that_find(prompts[0]) == ["phone"]


def broken(text: str) -> list[tuple[int, int]]:
    raise ValueError(text)


BROKEN = Rule("broken", "1", Reason.TOXIC, broken)


def test_by_default_a_finding_keeps_no_vote_from_counting() -> None:
    found = gates.examine(1, "I am maria.keller82@posteo.de", ("you deserve to die", "Fine."), SETTINGS)
    assert [(one.position, one.rule) for one in found] == [(None, "e-mail"), (0, "threat")]
    assert gates.remarks(found, SETTINGS) == []
    gates.require("I am maria.keller82@posteo.de", SETTINGS)


@pytest.mark.parametrize("action", [Action.UNRATED, Action.REFUSE])
def test_a_gate_can_keep_a_vote_from_counting(action: Action) -> None:
    settings = structs.replace(SETTINGS, toxic_answers=action)
    found = gates.examine(3, "Hi", ("Fine.", "you deserve to die, I will kill you"), settings)
    (remark,) = gates.remarks(found, settings)
    assert (remark.reason, remark.position) == (Reason.TOXIC, 1)
    assert remark.evidence == {"turn": 3, "rule": "threat", "version": "1"}


def test_a_gate_that_is_off_keeps_nothing() -> None:
    settings = structs.replace(SETTINGS, personal_prompts=Action.OFF)
    prompt = "I am maria.keller82@posteo.de"
    assert gates.examine(1, prompt, ("Fine.", "Fine."), settings) == []
    assert len(gates.examine(1, "Hi", (prompt, "Fine."), settings)) == 1


def test_a_prompt_is_refused_with_the_place() -> None:
    settings = structs.replace(SETTINGS, personal_prompts=Action.REFUSE)
    with pytest.raises(PromptGated, match="seems to hold personal data at place 6"):
        gates.require("I am maria.keller82@posteo.de", settings)
    gates.require("you deserve to die", settings)


def test_a_rule_that_breaks_leaves_the_text_unpublished_and_by_setting_unrated() -> None:
    found = gates.examine(1, "Hi", ("One.", "Two."), SETTINGS, rules=[BROKEN])
    assert [(one.position, one.spans) for one in found] == [(None, None), (0, None), (1, None)]
    assert gates.remarks(found, SETTINGS) == []
    closed = structs.replace(SETTINGS, gates_fail_closed=True)
    assert [remark.position for remark in gates.remarks(found, closed)] == [None, 0, 1]
    gates.require("Hi", structs.replace(closed, toxic_prompts=Action.REFUSE), rules=[BROKEN])


UNITS = [
    "a",
    "1",
    "1-",
    "a@",
    "a.",
    " ",
    "+1 ",
    "中",
    "138 ",
    "ab:",
    "AB12 ",
    "i will ",
    "12 Main ",
    "a.b+c@d-e.",
    "杭州市路1号",
]


@pytest.mark.parametrize("unit", UNITS)
def test_the_cost_grows_with_the_text_alone(unit: str) -> None:
    def seconds(characters: int) -> float:
        text = unit * (characters // len(unit))
        began = process_time()
        gates.look(text, turn=1, position=None)
        return process_time() - began

    assert seconds(64_000) <= 3 * 4 * seconds(16_000) + 0.05
