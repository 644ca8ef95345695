"""Every sentence in every language, and each reader in theirs."""

import re
from collections import Counter
from gettext import NullTranslations
from typing import Any

import aiohttp
import pytest
from babel import Locale
from litestar.testing import RequestFactory

from arena.db import Pool
from arena.errors import ArenaError
from arena.integration import defaults
from arena.pages import boards, languages
from arena.pages.languages import CHINESE, ENGLISH, Language
from arena.pages.templating import environment
from tests.arena.pages import sentences
from tests.arena.pages.markup import Element, Page, assert_well_made, words
from tests.arena.pages.standings import OVERALL, release, standing
from tests.arena.pages.test_leaderboard_page import SETTINGS
from tests.builders import Visitor

CHINESE_READER = {"accept": "text/html", "accept-language": "zh-CN,zh;q=0.9,en;q=0.8"}
# What is no English sentence although its letters are Latin: names, addresses, keys and the other language's own name.
NAMES = re.compile(
    r"\b(?:English|JavaScript|JSON|CSV|SHA-256|UTF-8|UTC|cookie|Ctrl|Alt|Shift|Bradley-Terry|CC BY 4\.0|"
    r"dustalov/llmfao|"
    r"D\. Ustalov|llmonitor\.com|GPT 4|Alpaca|Dolly|House|Content-Type|application/json|gpt4|"
    r"https|API|robots\.txt|CSV|Parquet|Markdown|OpenAI chat completions|Anthropic messages)\b|\{\w+\}"
)
ENGLISH_WORD = re.compile(r"[A-Za-z]{2,}")
SHOWN = ("title", "alt", "aria-label", "placeholder", "data-all", "data-some", "data-none")


def english_left(html: str) -> list[str]:
    """English words that a reader of the page would see or hear."""
    page = Page(html)
    texts = [page.one("title").text, page.one("body").text]
    texts += [element.attributes[name] for element in page.elements for name in SHOWN if name in element.attributes]
    foreign = [
        element.text
        for element in page.elements
        if element.attributes.get("lang") in ("en", "") and element.tag != "html"
    ]
    foreign += [element.text for element in page.elements if element.attributes.get("class") == "hash"]
    foreign += [element.text for element in page.all("code")]
    # What may be asked is a text of its own, and a Chinese one may ask about Python or for a translation.
    foreign += [button.inside[1].text for button in page.all("button", data_suggestion="")]
    foreign += [element.text for element in page.all("kbd") if len(element.text) > 1]
    text = " ".join(texts)
    for one in filter(None, foreign):
        text = text.replace(one, " ")
    return ENGLISH_WORD.findall(NAMES.sub(" ", text))


@pytest.mark.parametrize(
    "language", [one for one in languages.ALL.values() if one is not ENGLISH], ids=lambda one: one.tag
)
def test_every_sentence_is_translated_with_the_same_places(language: Language) -> None:
    translated = sentences.catalogue(language.tag)
    said = sentences.everything()
    assert len(said) > 200
    assert said - set(translated) == set()
    for sentence in said:
        english, forms = translated[sentence]
        assert forms, sentence
        for translation in forms:
            assert translation, sentence
            assert Counter(sentences.PLACES.findall(translation)) == Counter(sentences.PLACES.findall(english)), (
                sentence
            )


async def test_the_boards_that_come_with_the_arena_are_translated_and_nothing_is_translated_in_vain(db: Pool) -> None:
    shipped = {text for row in await db.fetch("SELECT name, description FROM boards") for text in row.values()}
    shipped |= {text for new in (*defaults.every(), defaults.ALL_VOTES) for text in (new.name, new.description)}
    translated = set(sentences.catalogue("zh"))
    assert shipped <= translated
    assert translated - shipped - sentences.everything() == set()


def test_no_error_that_a_reader_may_see_is_put_together_before_it_is_translated() -> None:
    assert sentences.unreadable() == []


@pytest.mark.parametrize(
    ("header", "tag"),
    [
        ("", "en"),
        ("zh", "zh"),
        ("zh-TW", "zh"),
        ("de-DE,de;q=0.9,zh;q=0.5,en;q=0.3", "zh"),
        ("en;q=0.5, zh;q=0.8", "zh"),
        ("en, zh", "en"),
        ("zh;q=0, de", "en"),
        ("zh;q=nonsense, en", "en"),
        ("*", "en"),
        (";;;,,,=", "en"),
    ],
)
def test_a_browser_gets_the_language_it_asks_for_first(header: str, tag: str) -> None:
    assert languages.accepted(header).tag == tag


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/leaderboard",
        "/methodology",
        "/methodology/audit",
        "/fairness",
        "/policy",
        "/providers",
        "/submissions",
        "/audit",
        "/audit/votes",
        "/nothing-here",
        "/leaderboard/gpt4",
    ],
)
async def test_no_english_is_left_on_a_chinese_page(path: str, visitor: Visitor) -> None:
    _, html = await visitor.get(path, headers=CHINESE_READER)
    assert_well_made(html, "zh")
    assert english_left(html) == []


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"voters": 1, "votes": 1},
        {"method": {"model": "bradley-terry", "ties": "half", "prior": 2.0, "level": 0.95}},
    ],
)
def test_no_english_is_left_on_a_chinese_board_with_standings(changes: dict[str, Any]) -> None:
    lines = [
        standing("GPT 4", rating=1100),
        standing("Alpaca", lower=None, status="established"),
        standing("Dolly", upper=None),
        *(standing("Alpaca", lower=None, upper=None, group=1) for _ in range(6)),
    ]
    request = RequestFactory().get("/leaderboard", headers=CHINESE_READER)
    context = boards.context(OVERALL, [OVERALL, OVERALL], release(*lines, **changes), SETTINGS)
    html = environment().get_template("boards/show.html").render(request=request, **context)
    assert english_left(html) == []
    assert "2026年11月20日" in html


def test_the_search_for_english_finds_it() -> None:
    assert english_left("<title>x</title><body><p aria-label='Rank'>你好 there <b lang='en'>Hi all</b></p></body>") == [
        "there",
        "Rank",
    ]


async def test_a_reader_who_switches_comes_back_in_the_other_language_and_stays(visitor: Visitor) -> None:
    _, html = await visitor.get("/policy")
    link = next(link for link in Page(html).all("a", class_="chip"))
    assert (words(link), link.attributes["lang"]) == ("中文", "zh")
    _, html = await visitor.get(link.attributes["href"])
    assert words(Page(html).one("h1")) == "保留什么，哪些可能公开"
    _, html = await visitor.get("/leaderboard", headers={"accept-language": "en"})
    assert Page(html).one("html").attributes["lang"] == "zh"


@pytest.mark.parametrize(
    "back",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "/\t/evil.example",
        "\\\\evil",
        "javascript:1",
        "/a\r\nx: y",
        "",
    ],
)
async def test_the_switch_leads_nowhere_but_into_this_arena(back: str, arena: str) -> None:
    async with (
        aiohttp.ClientSession(arena) as session,
        session.get("/language", params={"lang": "zh", "back": back}, allow_redirects=False) as answer,
    ):
        assert (answer.status, answer.headers["location"]) == (303, "/")
        cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith("language=zh; ")
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


async def test_a_language_that_nobody_speaks_is_refused(visitor: Visitor) -> None:
    status, problem = await visitor.get("/language?lang=tlh")
    assert (status, problem["detail"]) == (404, "The arena does not speak this language.")
    assert b"set-cookie" not in visitor.received.lower()


async def test_a_cookie_that_names_no_language_is_no_hindrance(visitor: Visitor) -> None:
    _, html = await visitor.get("/", headers={"cookie": "language=../../x", "accept-language": "zh"})
    assert Page(html).one("html").attributes["lang"] == "zh"


async def test_errors_are_told_in_the_readers_language_with_their_values(visitor: Visitor) -> None:
    chinese = {"headers": {"content-type": "application/json", "accept-language": "zh"}}
    status, problem = await visitor.post("/api/v1/battles", {"prompt": "x" * 32_001}, **chinese)
    assert (status, problem["title"]) == (400, "请求有误")
    assert problem["detail"] == "提示有 32,001 个字符，上限为 32,000。"
    status, problem = await visitor.post("/api/v1/battles", {"prompt": 1}, **chinese)
    assert problem["detail"].endswith("（见“prompt”）。")
    status, problem = await visitor.get("/api/v1/boards/{name}", headers={"accept-language": "zh"})
    assert problem["detail"] == "没有名为“{name}”的榜单。"


def test_an_error_is_english_wherever_nobody_translates_it() -> None:
    error = ArenaError("{count} of {most}, {unknown}", count=1234, most="many")
    assert str(error) == "1,234 of many, {unknown}"


async def test_a_page_that_was_kept_in_one_language_is_not_taken_for_another(arena: str) -> None:
    async with aiohttp.ClientSession(arena) as session:
        tags = {}
        for language in ("en", "zh"):
            async with session.get("/leaderboard", headers={"accept-language": language}) as answer:
                tags[language] = answer.headers["etag"]
                assert answer.headers.getall("vary") == ["Accept-Language, Cookie"]
        assert tags["en"] != tags["zh"]
        headers = {"accept-language": "zh", "if-none-match": tags["zh"]}
        async with session.get("/leaderboard", headers=headers) as answer:
            assert (answer.status, answer.headers["vary"]) == (304, "Accept-Language, Cookie")
        async with session.get("/api/v1/boards") as answer:
            assert "vary" not in answer.headers


def test_a_language_that_runs_from_right_to_left_says_so() -> None:
    assert Language("ar", Locale("ar"), NullTranslations()).direction == "rtl"
    assert (CHINESE.direction, CHINESE.name) == ("ltr", "中文")


def test_a_page_of_nobody_is_in_english() -> None:
    html = environment().get_template("problem.html").render(title="Not Found", detail="x")
    root: Element = Page(html).one("html")
    assert root.attributes["lang"] == "en"
