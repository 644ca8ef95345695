r"""Formulas in a model's text: `$…$`, `$$…$$`, `\(…\)`, `\[…\]` and LaTeX's own environments, to MathML.

The rules look at each character a bounded number of times and the converter at short formulas alone, so that no text,
however it was made, takes long. What can't be read as a formula stays the text that it was.
"""

import re
from collections.abc import MutableMapping, Sequence
from html import unescape
from typing import Final
from xml.etree.ElementTree import Element, tostring

from latex2mathml.converter import Converter
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

MOST_CHARACTERS: Final = 2000
MOST_CHARACTERS_IN_ALL: Final = 20_000
# What is longer may be wider than a phone, so it gets a frame of its own that scrolls.
SURELY_FITS: Final = 24
BLOCK: Final = "maths_block"
INLINE: Final = "maths_inline"

# A formula holds no second beginning of its own kind, so that each search ends at the next one. As in Pandoc, `$`
# stands close to its formula and no digit follows it, so that “$5 and $10” is money.
_INLINE: Final = [
    (re.compile(r"\$\$((?:[^$\\]|\\[^\n]){1,2000})\$\$"), True),
    (re.compile(r"(?<![\\\d])\$(?![\s$])((?:[^$\\]|\\[^\n]){1,2000})(?<!\s)\$(?![\d$])"), False),
    (re.compile(r"\\\(((?:[^\\]|\\[^()]){1,2000})\\\)"), False),
    (re.compile(r"\\\[((?:[^\\]|\\[^\[\]]){1,2000})\\\]"), True),
]
_ENVIRONMENTS: Final = "equation|align|gather|multline|eqnarray|alignat|cases|array|[bBpvV]?matrix"
_BEGINS: Final = re.compile(rf"\$\$|\\\[|\\begin\{{((?:{_ENVIRONMENTS})\*?)\}}")
_DOLLARS: Final = re.compile(r"(?<!\\)\$\$")
_OPENING_BRACKET: Final = re.compile(r"(?<!\\)\\\[")
_CLOSING_BRACKET: Final = re.compile(r"(?<!\\)\\\]")
# Definitions could make a short formula expand without end.
_DEFINES: Final = re.compile(r"\\(?:newcommand|renewcommand|providecommand|def|let|newenvironment|DeclareMathOperator)")
# LaTeX's outermost environments are what the page's formula already is.
_OUTERMOST: Final = re.compile(r"\\(?:begin|end)\{(?:equation|multline)\*?\}")


def add_to(markdown: MarkdownIt, *, growing: bool) -> None:
    """Teach a parser formulas; in growing text one whose end has not come yet is a block of its own."""

    def display(state: StateBlock, first: int, last: int, silent: bool) -> bool:
        return _display(state, first, last, silent, growing=growing)

    markdown.inline.ruler.before("escape", INLINE, _inline)
    markdown.block.ruler.before(
        "fence", BLOCK, display, {"alt": ["paragraph", "reference", "blockquote", "list", "table"]}
    )
    markdown.add_render_rule(INLINE, _rendered)
    markdown.add_render_rule(BLOCK, _rendered)


def mathml(latex: str, *, display: bool) -> str | None:
    """The formula as MathML, or None where it can't be read."""
    if len(latex) > MOST_CHARACTERS or _DEFINES.search(latex):
        return None
    try:
        formula = Converter(display="block" if display else "inline").convert_to_element(_OUTERMOST.sub("", latex))
    except Exception:  # The converter fails in as many ways as there are formulas; none of them is ours to tell apart.
        return None
    _unescape(formula)
    return tostring(formula, encoding="unicode")


def _unescape(formula: Element) -> None:
    """The converter writes characters as references into its tree; they become characters before it is written out."""
    for element in formula.iter():
        element.text = unescape(element.text or "")


def _inline(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] not in "$\\":
        return False
    for pattern, display in _INLINE:
        if found := pattern.match(state.src, state.pos, state.posMax):
            if not silent:
                _add(state.push(INLINE, "math", 0), found[0], found[1], display)
            state.pos = found.end()
            return True
    return False


def _add(token: Token, source: str, latex: str, display: bool) -> None:
    token.content = latex
    token.meta = {"source": source, "display": display}


def _display(state: StateBlock, first: int, last: int, silent: bool, *, growing: bool) -> bool:
    """A formula on lines of its own, whatever stands inside: a line “- b” of it begins no list."""
    start = state.bMarks[first] + state.tShift[first]
    begins = _BEGINS.match(state.src, start, state.eMarks[first])
    if begins is None or state.is_code_block(first):
        return False
    end = _line_of_end(state, first, last, begins, growing=growing)
    if end is None:
        return False
    if silent:
        return True
    source = state.getLines(first, end + 1, state.blkIndent, False).strip()
    token = state.push(BLOCK, "math", 0)
    token.map = [first, end + 1]
    _add(token, source, source if begins[1] else source[2:-2], True)
    state.line = end + 1
    return True


def _line_of_end(state: StateBlock, first: int, last: int, begins: re.Match[str], *, growing: bool) -> int | None:
    """The line on which the formula ends and nothing else follows, or the text's last one while the end may come."""
    opening, closing = _marks(begins)
    start = begins.end()
    for line in range(first, last):
        left = line > first and state.sCount[line] < state.blkIndent and not state.isEmpty(line)
        if left or state.eMarks[line] - begins.start() > MOST_CHARACTERS:
            return None
        closes = closing.search(state.src, start, state.eMarks[line])
        if opening.search(state.src, start, closes.start() if closes else state.eMarks[line]):
            return None
        if closes:
            return None if state.src[closes.end() : state.eMarks[line]].strip() else line
        start = state.eMarks[line]
    return last - 1 if growing and last == state.lineMax else None


def _marks(begins: re.Match[str]) -> tuple[re.Pattern[str], re.Pattern[str]]:
    r"""What begins and what ends a formula of this kind; in `\\[2pt]` the bracket belongs to the line break."""
    if begins[1]:
        return re.compile(re.escape(begins[0])), re.compile(re.escape(f"\\end{{{begins[1]}}}"))
    if begins[0] == "$$":
        return _DOLLARS, _DOLLARS
    return _OPENING_BRACKET, _CLOSING_BRACKET


def _rendered(_: object, tokens: Sequence[Token], place: int, __: object, shared: MutableMapping[str, int]) -> str:
    token = tokens[place]
    shared[INLINE] = shared.get(INLINE, 0) + len(token.content)
    within = shared[INLINE] <= MOST_CHARACTERS_IN_ALL
    made = mathml(token.content.strip(), display=token.meta["display"]) if within else None
    text = escapeHtml(token.meta["source"]) if made is None else made
    if token.type == INLINE:
        wide = made is not None and (token.meta["display"] or len(token.content) > SURELY_FITS)
        return f'<span class="wide">{text}</span>' if wide else text
    return f"<p>{text}</p>\n" if made is None else f'<div class="wide">{text}</div>\n'
