"""What reaches a page of a model's text: nothing outside the allow-list, whatever the text tries."""

from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from time import process_time
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena import markdown

VOID = {"br", "hr"}

# Gathered by family from the OWASP filter evasion cheat sheet, the HTML5 security cheat sheet and the published
# bypasses of sanitisers (DOMPurify's and bleach's mutation cases), rewritten as a model might say them.
VECTORS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<script\n>alert(1)</script\n>",
    "<script/x>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<img/src='x'/onerror=alert(1)>",
    '<img src="x:gif" onerror="alert(1)" alt="',
    "<body onload=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    '<svg><a xlink:href="javascript:alert(1)"><text y="1em">x</text></a></svg>',
    '<svg><animate attributeName=href values="javascript:alert(1)" /></svg>',
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    '<svg><use href="data:image/svg+xml;base64,PHN2Zz4="/></svg>',
    '<math><maction actiontype="statusline" xlink:href="javascript:alert(1)">x</maction></math>',
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<math><annotation-xml encoding='text/html'><script>alert(1)</script></annotation-xml></math>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<svg></p><style><a id='</style><img src=1 onerror=alert(1)>'>",
    "<select><style></select><img src=x onerror=alert(1)></style>",
    "<template><script>alert(1)</script></template>",
    "<iframe src=javascript:alert(1)></iframe>",
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    "<object data=javascript:alert(1)></object>",
    "<embed src=javascript:alert(1)>",
    "<form action=javascript:alert(1)><button>x</button></form>",
    '<input autofocus onfocus="alert(1)">',
    "<button formaction=javascript:alert(1)>x</button>",
    "<base href=//evil.example/>",
    '<meta http-equiv="refresh" content="0;url=javascript:alert(1)">',
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<style>@import '//evil.example/x.css';</style>",
    '<p style="background:url(javascript:alert(1))">x</p>',
    "<video><source onerror=alert(1)></video>",
    "<audio src=x onerror=alert(1)>",
    "<details open ontoggle=alert(1)>x</details>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<isindex action=javascript:alert(1) type=image>",
    "<frameset onload=alert(1)>",
    "<textarea><img title='</textarea><img src onerror=alert(1)>'>",
    "<title><img title='</title><img src onerror=alert(1)>'>",
    "<plaintext><script>alert(1)</script>",
    "<xmp><p title='</xmp><img src=x onerror=alert(1)>'></xmp>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "<?xml-stylesheet href='javascript:alert(1)'?>",
    "<custom-element onclick=alert(1) is=x>",
    "<dialog open onclose=alert(1)><form method=dialog>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](<java\nscript:alert(1)>)",
    "[x](&#106;avascript:alert(1))",
    "[x](&#x6A;&#x61;vascript&colon;alert(1))",
    "[x](javascript&#58;alert(1))",
    "[x](%6Aavascript:alert(1))",
    "[x](\x01javascript:alert(1))",
    "[x](\u2028javascript:alert(1))",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](data:image/svg+xml,<svg onload=alert(1)>)",
    "[x](blob:https://arena.example/1)",
    "[x](file:///etc/passwd)",
    "[x](feed:javascript:alert(1))",
    "[x](view-source:javascript:alert(1))",
    "[x](//evil.example)",
    "[x](/api/v1/battles)",
    "[x](#voted)",
    '[x](https://ok.example "a" onclick="alert(1))")',
    '[x](https://ok.example "&quot; onmouseover=alert(1) x=&quot;")',
    "[x](https://ok.example'onmouseover='alert(1))",
    '[x](https://ok.example/"onmouseover="alert(1))',
    "[a [b](javascript:alert(1)) c](https://ok.example)",
    "[![x](javascript:alert(1))](javascript:alert(2))",
    "[x]: javascript:alert(1)\n\n[x]",
    "[x]\n\n[x]: <javascript:alert(1)> 'onclick=alert(1)'",
    "![x](https://evil.example/beacon.png)",
    "![x](javascript:alert(1))",
    '![x](x "onerror=alert(1)")',
    '![x" onerror="alert(1)](https://evil.example/x.png)',
    "![x][y]\n\n[y]: https://evil.example/beacon.png",
    "<javascript:alert(1)>",
    "<data:text/html,x>",
    "<https://ok.example/><script>alert(1)</script>",
    "<https://ok.example/'onclick='alert(1)>",
    "<mailto:a@ok.example?subject=<script>>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "\\<script>alert(1)</script>",
    "\uff1cscript\uff1ealert(1)\uff1c/script\uff1e",
    "\u202e<script>alert(1)</script>",
    "<\u0000script>alert(1)</script>",
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "`<script>alert(1)</script>`",
    "```\n</code></pre><script>alert(1)</script>\n```",
    '```"><script>alert(1)</script>\ncode\n```',
    "```html onmouseover=alert(1)\n<img src=x onerror=alert(1)>\n```",
    "    </pre><script>alert(1)</script>",
    "> <img src=x\n> onerror=alert(1)>",
    "- <svg\n  onload=alert(1)>",
    '| <img src=x onerror=alert(1)> |\n|:-:|\n| " onclick=alert(1) |',
    '|x|\n|:--" onclick=alert(1)|\n|y|',
    "# <script>alert(1)</script>\n\n" + "#" * 7 + " <b>",
    "99999999999. <script>alert(1)</script>",
    '1" onclick="alert(1). x',
    "$\\text{<script>alert(1)</script>}$",
    "$\\text{&lt;img src=x onerror=alert(1)&gt;}$",
    "$\\text{</mtext></math><img src=x onerror=alert(1)>}$",
    "$\\text{<mglyph><style></math><img src onerror=alert(1)>}$",
    "$$\\text{--><script>alert(1)</script>}$$",
    "$\\href{javascript:alert(1)}{x}$",
    "\\(\\href{javascript:alert(1)}{x}\\)",
    '$\\color{red" onclick="alert(1)}{x}$',
    "$\\color{#fff}{x} \\textcolor{white}{y}$",
    "$\\hspace{99em} \\rule{90em}{90em} x$",
    "$\\hspace{-50em} \\text{A is better}$",
    "$\\style{position:fixed}{x} \\class{toast}{y} \\cssId{main}{z}$",
    "\\[\n<svg onload=alert(1)>\n\\]",
    "\\begin{align}\n<img src=x onerror=alert(1)> &= 1\n\\end{align}",
    '$$\n\\begin{array}{c" onclick="alert(1)} a \\end{array}\n$$',
    "$\\unicode{x3c}script\\unicode{x3e}$ $\\char60 script$ $\\lt script\\gt$",
    "$\\frac{<script>}{$ <img src=x onerror=alert(1)>$",
    "<math href='javascript:alert(1)'><mtext>$x$</mtext></math>",
    "<div class='toast' tabindex=0 style='position:fixed'>Your vote was taken</div>",
    '<a href="https://ok.example" target=_top onclick=alert(1)>x</a>',
]


class Seen(HTMLParser):
    """Every element and attribute, and whether what is opened is closed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.strange: list[str] = []
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.strange.append(data)

    def handle_decl(self, decl: str) -> None:
        self.strange.append(decl)

    def handle_pi(self, data: str) -> None:
        self.strange.append(data)

    def unknown_decl(self, data: str) -> None:
        self.strange.append(data)


def parsed(html: str) -> Seen:
    seen = Seen()
    seen.feed(html)
    seen.close()
    return seen


def assert_harmless(html: str) -> None:
    seen = parsed(html)
    assert seen.open == []
    assert seen.strange == []
    for tag, attributes in seen.elements:
        assert tag in markdown.TAGS
        assert set(attributes) <= markdown.ATTRIBUTES.get(tag, frozenset())
        assert_plain_values(attributes)
        for name in markdown.MATHS_ATTRIBUTES.get(tag, ()):
            assert markdown.MATHS_VALUE.fullmatch(attributes.get(name) or "")


def assert_plain_values(attributes: dict[str, str | None]) -> None:
    if (address := attributes.get("href")) is not None:
        assert urlsplit(address).scheme in markdown.SCHEMES
        assert attributes["rel"] == "noopener nofollow ugc"
    assert attributes.get("class") in (None, "", "wide", *markdown.ALIGNMENTS.values())
    assert attributes.get("tabindex") in (None, "0")
    assert attributes.get("target") in (None, "_blank")
    assert (attributes.get("start") or "0").isdigit()


@pytest.mark.parametrize("vector", VECTORS)
def test_no_vector_reaches_the_page(vector: str) -> None:
    for text in (vector, f"{vector}\n\nafter", f"> {vector}", f"- {vector}", f"**{vector}**", vector * 2):
        assert_harmless(markdown.render(text))


def test_the_corpus_is_large_and_has_no_doubles() -> None:
    assert len(set(VECTORS)) == len(VECTORS) >= 60


PIECES = [
    "<",
    ">",
    '"',
    "'",
    "&",
    "`",
    "```",
    "\n",
    "\n\n",
    "- ",
    "1. ",
    "> ",
    "# ",
    "|",
    "[",
    "](",
    ")",
    "!",
    "**",
    "~~",
]
PIECES += [
    "script",
    "img src=x",
    " onerror=",
    "javascript:",
    "&#60;",
    "&lt;",
    "</",
    "-->",
    "<!--",
    "svg",
    "style",
    "\0",
    "\r",
    "$",
    "$$\n",
    "\\[",
    "\\]\n",
    "\\(",
    "\\begin{align}",
    "\\end{align}\n",
    "\\text{",
    "}",
]
MARKUP = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=40).map("".join)
ANYTHING = st.text(st.characters(), max_size=200) | MARKUP


@given(ANYTHING)
def test_any_text_becomes_harmless_html(text: str) -> None:
    assert_harmless(markdown.render(text))


@given(ANYTHING, st.data())
def test_what_is_finished_and_the_rest_are_the_text_wherever_it_is_cut(text: str, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(text)))
    for part in (text, text[:cut], text[cut:]):
        assert "".join(markdown.finished(part)) == part


@given(
    st.lists(st.sampled_from(["a", "1", "2.", "é", " ", "\n", "\n\n", "-", "=", "*b*", "`", "|", "$", "\\", ":"])).map(
        "".join
    )
)
def test_prose_is_parted_as_all_else_is(text: str) -> None:
    assert markdown.finished(text) == markdown._parted(text)


PROSE = ["word ", "Über ", "12 ", "*b* ", "**c", "`d` ", "`", "[e](f) ", "_", "<g>", "&amp;", '"h" ', "\n", "\n\n"]


@given(st.lists(st.sampled_from(PROSE) | st.text(max_size=3), max_size=40).map("".join) | MARKUP)
def test_what_was_rendered_block_by_block_is_what_the_whole_is(text: str) -> None:
    *blocks, rest = streamed(text)
    assert markdown.completed(text, [markdown.render(block) for block in blocks], rest) == markdown.render(text)


def test_paragraphs_are_rendered_once() -> None:
    assert markdown.completed("One.\n\nTwo.", ["<p>1</p>"], "Two.") == "<p>1</p>\n<p>Two.</p>"


def streamed(text: str) -> Iterator[str]:
    """The pieces that come when the text arrives character by character."""
    tail = ""
    for character in text:
        done, tail = markdown.finished(tail + character)
        if done:
            yield done
    yield tail


ANSWER = """# Blues in E

The progression uses **I, IV and V**
***and*** nothing else:

1. Count four beats.

2. Return with `B7`.

| Bars | Chords |
|------|:------:|
| 1    | E7     |

```python
bars = ["E7"] * 4

# not a heading
```

> Play it slowly.

Done.
"""


def test_an_answer_that_grows_is_cut_where_its_blocks_end() -> None:
    pieces = list(streamed(ANSWER))
    assert "".join(pieces) == ANSWER
    assert len(pieces) == 7
    assert "".join(map(markdown.render, pieces)).replace("\n", "") == markdown.render(ANSWER).replace("\n", "")


@pytest.mark.parametrize(
    ("text", "done"),
    [
        ("one", ""),
        ("one\n\ntwo", "one\n\n"),
        ("```\none\n\ntwo", ""),
        ("```\none\n```\n", ""),
        ("```\none\n```\ntwo", ""),
        ("```\none\n```\ntwo\n", "```\none\n```\n"),
        ("1. one\n\n2", ""),
        ("1. one\n\ntwo\n", "1. one\n\n"),
        ("one\n***", ""),
        ("one\n***\n", "one\n"),
        ("one\r\n\r\ntwo", "one\r\n\r\n"),
        ("one\x85\u2028two\n\nthree", "one\x85\u2028two\n\n"),
    ],
)
def test_a_block_is_finished_when_the_next_one_has_begun(text: str, done: str) -> None:
    assert markdown.finished(text) == (done, text.removeprefix(done))


def test_a_picture_becomes_a_link_and_is_not_loaded() -> None:
    elements = parsed(markdown.render("![a cat](https://ok.example/cat.png)")).elements
    assert [tag for tag, _ in elements] == ["p", "a"]


def test_headings_stay_below_those_of_the_page() -> None:
    seen = parsed(markdown.render("# one\n\n## two\n\n###### six"))
    assert [tag for tag, _ in seen.elements] == ["h3", "h4", "h6"]


def test_what_may_scroll_can_be_reached_by_keyboard() -> None:
    seen = parsed(markdown.render("```\ncode\n```\n\n|a|\n|-|\n|b|"))
    assert [tag for tag, attributes in seen.elements if attributes.get("tabindex") == "0"] == ["pre", "div"]


def test_columns_keep_their_alignment_without_a_style_attribute() -> None:
    seen = parsed(markdown.render("|a|b|c|d|\n|:-|:-:|-:|-|\n"))
    assert [attributes.get("class") for tag, attributes in seen.elements if tag == "th"] == [
        "start",
        "middle",
        "end",
        None,
    ]


def test_text_that_looks_like_html_is_shown_as_it_was_written() -> None:
    assert parsed(markdown.render("Use <div> & &amp; `<b>`.")).text == "Use <div> & & <b>."


def _of(unit: str, characters: int) -> str:
    return (unit * (characters // len(unit) + 1))[:characters]


def _table(columns: int, characters: int) -> str:
    head = f"|{'a|' * columns}\n|{'-|' * columns}\n"
    return head + _of("|\n", characters - len(head))


BOMBS: dict[str, Callable[[int], str]] = {
    "quotes": lambda characters: _of(">", characters),
    "spaced quotes": lambda characters: _of("> ", characters),
    "brackets": lambda characters: _of("[", characters),
    "closed brackets": lambda characters: _of("[a]", characters),
    "unfinished links": lambda characters: _of("[a](", characters),
    "pictures": lambda characters: _of("![a](https://a.example/b) ", characters),
    "links": lambda characters: _of("[a](https://a.example/b) ", characters),
    "stars": lambda characters: _of("**a *b ", characters),
    "underscores": lambda characters: _of("_a ", characters),
    "backticks": lambda characters: "".join("`" * (number % 300) + "a" for number in range(characters // 150)),
    "lists": lambda characters: _of("- ", characters),
    "a deep list": lambda characters: "".join(" " * (2 * level) + "- a\n" for level in range(int(characters**0.5))),
    "headings": lambda characters: _of("# a\n", characters),
    "underlined": lambda characters: _of("a\n=\n", characters),
    "fences": lambda characters: _of("```\n", characters),
    "references": lambda characters: _of("[a]: https://a.example\n", characters // 2) + _of("[a] ", characters // 2),
    "formulas": lambda characters: _of("$a$ ", characters),
    "a wide table": lambda characters: _table(64, characters),
    "a long table": lambda characters: _table(2, characters),
    "delimiters": lambda characters: _of("|-|\n", characters),
    "angles": lambda characters: _of("<", characters),
    "overrides": lambda characters: _of("a\u202eb\u2066", characters),
    "marks": lambda characters: _of("a" + "\u0301" * 200, characters),
    "nothing of width": lambda characters: _of("\u200b", characters),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_takes_time_and_room_in_proportion_to_its_length(bomb: str) -> None:
    def cost(characters: int) -> tuple[float, int]:
        text = BOMBS[bomb](characters)
        began = process_time()
        html = markdown.render(text)
        markdown.finished(text)
        return process_time() - began, len(html)

    cost(1_000)
    (short, _), (long, room) = cost(4_000), cost(16_000)
    assert long <= 3 * 4 * short + 0.1
    assert room <= 20 * 16_000


def test_a_table_that_is_larger_than_anybody_reads_is_shown_as_it_was_written() -> None:
    assert "<table>" in markdown.render(_table(20, 400))
    html = markdown.render(_table(60, 4_000))
    assert "<table>" not in html
    assert "a|a|a" in html
    assert "<table>" in markdown.render(_table(60, 4_000) + "\n\nafter\n\n|a|\n|-|\n|b|")


def test_marks_and_what_has_no_width_are_kept_up_to_a_few() -> None:
    assert parsed(markdown.render("Z\u0351\u0343a" + "\u0301" * 500 + "b" + "\u200b" * 500 + "c")).text == (
        "Z\u0351\u0343a" + "\u0301" * 4 + "b" + "\u200b" * 4 + "c"
    )
    for text in ("é e\u0301 ệ", "👨\u200d👩\u200d👧", "नमस्ते", "שָׁלוֹם", "ที่นี่"):
        assert parsed(markdown.render(text)).text == text


@given(
    st.text(
        st.sampled_from("aZ\N{LATIN SMALL LETTER E WITH ACUTE}\N{CJK UNIFIED IDEOGRAPH-4E2D}09 ,.;:?!'\"()/%-\n_*"),
        max_size=12,
    )
)
def test_a_plain_line_is_rendered_as_if_it_were_anything_else(text: str) -> None:
    # What begins with a paragraph that has an entity is no plain line, and is rendered in full.
    before = "<p>&amp;</p>"
    in_full = markdown.render(f"&\n\n{text}")
    assert in_full.removeprefix(before).strip() == markdown.render(text)


def test_a_plain_line_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markdown, "_markdown", None)
    assert markdown.render('0007 days, said "she".\n\n') == '<p>0007 days, said "she".</p>'
