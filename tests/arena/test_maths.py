"""Formulas in answers: what is one, what stays text, where a growing one may be cut, and how long it takes at worst."""

import time
from xml.etree import ElementTree

import pytest

from arena import markdown, maths
from tests.arena.test_markdown import streamed

# Counted in processor time of one formula, with room for a slow machine; 2,000 plain characters take 25 ms.
MOST_SECONDS = 0.25


def formulas(text: str) -> int:
    return markdown.render(text).count("<math")


@pytest.mark.parametrize(
    "text",
    [
        r"$x$",
        r"The root $\sqrt{2}$, and $5$.",
        r"\(a < b\)",
        "$$x$$",
        r"so \[ a \\[2pt] b \] follows",
        "$$\nx\n$$",
        "Then\n\\[\nE = mc^2\n\\]\nholds.",
        "\\begin{align*}\na &= b \\\\\nc &= d\n\\end{align*}",
        "- so\n  $$\n  x\n  $$",
        "> $$\n> x\n> $$",
        "|a|\n|-|\n|$x$|",
    ],
)
def test_each_way_of_writing_a_formula_makes_one(text: str) -> None:
    assert formulas(text) >= 1
    assert "$" not in markdown.render(text)


@pytest.mark.parametrize(
    "text",
    [
        "It costs $5 and $10.",
        "Between $5-$10, or US$5 to A$10.",
        "$ 5 and 10 $",
        r"\$5 and \$10$",
        "`$x$`",
        "```\n$$\nx\n$$\n```",
        "$" + "x" * (maths.MOST_CHARACTERS + 1) + "$",
        "$$\nx",
        r"\[ x",
    ],
)
def test_money_code_and_what_has_no_end_stay_text(text: str) -> None:
    assert formulas(text) == 0


@pytest.mark.parametrize("latex", [r"\frac{", r"\left(", "x^", "{", r"\begin{matrix}", "x_y_z", "{" * 1900])
def test_what_cannot_be_read_stays_as_it_was_written(latex: str) -> None:
    assert maths.mathml(latex, display=False) is None
    assert latex.replace("&", "&amp;") in markdown.render(f"$${latex}$$")


def test_a_formula_is_mathml_with_its_characters_and_not_their_references() -> None:
    made = maths.mathml(r"a < \text{b & c}", display=True)
    assert made is not None
    formula = ElementTree.fromstring(made)
    assert "".join(formula.itertext()).replace("\N{NO-BREAK SPACE}", " ") == "a<b & c"
    assert formula.attrib["display"] == "block"


def test_definitions_that_could_expand_without_end_are_not_followed() -> None:
    assert maths.mathml(r"\newcommand{\a}{xx} \newcommand{\b}{\a\a} \b", display=False) is None
    assert maths.mathml(r"\def\a{x} \a", display=False) is None


def test_lines_of_a_formula_are_no_list_and_no_heading() -> None:
    html = markdown.render("$$\n- a\n+ b\n\n= c\n---\n$$\n\nafter")
    assert html.count("<math") == 1
    assert "<li>" not in html
    assert "<h" not in html


ANSWER = """The sum is

$$
- a

= \\\\frac{1}{2}
$$

so that
\\[
x
\\]
where $x$ is one.

\\begin{align}
a &= b

\\end{align}

Done.
""".replace("\\\\", "\\")


def test_a_growing_answer_is_never_cut_inside_a_formula() -> None:
    pieces = list(streamed(ANSWER))
    assert "".join(pieces) == ANSWER
    assert len(pieces) > 4
    assert sum(map(formulas, pieces)) == formulas(ANSWER) == 4
    assert "".join(map(markdown.render, pieces)).replace("\n", "") == markdown.render(ANSWER).replace("\n", "")


@pytest.mark.parametrize(
    "latex",
    [
        "abc+" * 500,
        r"\frac{" * 300,
        r"\left(" * 300,
        "x^{" * 600 + "}" * 600,
        r"\begin{matrix}" + "&" * 1900 + r"\end{matrix}",
        r"\begin{matrix}" * 70 + r"\end{matrix}" * 70,
        "\\" * 2000,
        r"\text{" + "$x$ " * 490 + "}",
    ],
    ids=lambda latex: latex[:16],
)
def test_no_formula_takes_long(latex: str) -> None:
    began = time.process_time()
    maths.mathml(latex, display=True)
    assert time.process_time() - began < MOST_SECONDS


@pytest.mark.parametrize("piece", ["$", "$$\n", "$a ", "\\(", "\\[\n", "\\[ x\n", "\\begin{align}\n", "$x$ ", "- $$\n"])
def test_no_text_of_an_answers_length_takes_long(piece: str) -> None:
    text = piece * (65536 // len(piece))
    began = time.process_time()
    markdown.render(text)
    markdown.finished(text)
    assert time.process_time() - began < 20 * MOST_SECONDS
