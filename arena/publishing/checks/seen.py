"""Whether pages are drawn right, as a browser draws them in both languages and at three widths."""

from datetime import timedelta
from typing import Final

from arena.publishing import browser, outside
from arena.publishing.checkup import Entity, Scene, Severity, Sighting, Smell, check
from arena.publishing.standing_pages import boards

WIDTHS: Final = (360, 768, 1280)
LANGUAGES: Final = ("en", "zh")
# What a table looks like: whether the page is wider than its window, cells lie over each other, words are cut off and
# nothing says what they were, or an estimate is drawn outside its band.
TABLE: Final = """
(() => {
  const found = [];
  const name = (element) => (element.textContent || '').trim().replace(/\\s+/g, ' ').slice(0, 40);
  const wide = document.documentElement.scrollWidth - window.innerWidth;
  if (wide > 1) found.push(`the page is ${wide} px too wide`);
  for (const row of document.querySelectorAll('table.standings tr, table.data tr')) {
    const boxes = [...row.children].map((cell) => [cell, cell.getBoundingClientRect()])
      .filter(([cell, box]) => box.width && box.height && getComputedStyle(cell).position !== 'sticky');
    for (let place = 1; place < boxes.length; place += 1) {
      const [, one] = boxes[place - 1];
      const [cell, two] = boxes[place];
      const across = Math.min(one.right, two.right) - Math.max(one.left, two.left);
      const down = Math.min(one.bottom, two.bottom) - Math.max(one.top, two.top);
      if (across > 1 && down > 1) found.push(`“${name(cell)}” lies over its neighbour`);
    }
  }
  for (const element of document.querySelectorAll('table .contender bdi, table .name, table td, table th')) {
    const style = getComputedStyle(element);
    const width = element.clientWidth;
    const cut = style.overflowX === 'hidden' && width > 1 && element.scrollWidth > width + 1;
    if (cut && !element.closest('[title]')) found.push(`“${name(element)}” is cut off`);
  }
  for (const whisker of document.querySelectorAll('table svg.whisker')) {
    const band = whisker.querySelector('.ci');
    const point = whisker.querySelector('.pt');
    if (!band || !point || !whisker.getBoundingClientRect().width) continue;
    const x = (line, end) => line[end].baseVal.value;
    const low = Math.min(x(band, 'x1'), x(band, 'x2'));
    const high = Math.max(x(band, 'x1'), x(band, 'x2'));
    const at = point.cx.baseVal.value;
    const drawn = [at, low, high].map(Math.round);
    if (at < low - 1 || at > high + 1) found.push(`${drawn[0]} px is outside ${drawn[1]}–${drawn[2]}`);
  }
  return found.slice(0, 20);
})()
"""
# Where A and B are drawn, and which answers and buttons that is told from, in each state that shows them.
SIDES: Final = """
(() => {
  const battle = document.querySelector('main.battle');
  const found = [];
  const ltr = getComputedStyle(document.documentElement).direction === 'ltr';
  for (const state of ['streaming', 'ready', 'voted']) {
    battle.dataset.state = state;
    for (const kind of ['[data-side="0"]|[data-side="1"]', '[data-vote="a"]|[data-vote="b"]']) {
      const [a, b] = kind.split('|').map((one) => battle.querySelector(one)?.getBoundingClientRect());
      if (!a || !b || !a.width || !b.width) continue;
      const first = ltr ? a.left < b.left : a.left > b.left;
      if (!first) found.push(`${state}: A at ${Math.round(a.left)} px, B at ${Math.round(b.left)} px`);
    }
  }
  return found;
})()
"""


@check(
    "V8",
    Smell.MISDISPLAYED,
    Entity.RANKING_TABLE,
    Entity.METRIC,
    severity=Severity.MAJOR,
    threshold="A page wider than its window, cells over each other, words cut off, or a point off its band.",
    every=timedelta(hours=6),
    seconds=240,
    inside=False,
)
async def tables(scene: Scene) -> list[Sighting]:
    """In a browser, in both languages and at 360, 768 and 1,280 px, a board's table fits its window and its bands."""
    slugs = await boards(scene)
    sentence = "The page {path} is drawn wrongly at {width} px ({language}): {observed}."
    return await _looked(scene, [f"/leaderboard/{slug}" for slug in slugs], TABLE, sentence)


@check(
    "V6",
    Smell.MISDISPLAYED,
    Entity.PROTOCOL,
    Entity.HARNESS,
    severity=Severity.MAJOR,
    threshold="An answer or a button of B that stands before that of A.",
    every=timedelta(hours=6),
    seconds=120,
    inside=False,
)
async def sides(scene: Scene) -> list[Sighting]:
    """In a browser A stands before B, answers and buttons alike, at every width and in both languages."""
    sentence = "On the page {path} A does not stand before B at {width} px ({language}): {observed}."
    return await _looked(scene, ["/"], SIDES, sentence)


async def _looked(scene: Scene, paths: list[str], expression: str, sentence: str) -> list[Sighting]:
    base, found = outside.address(scene.settings), []
    async with browser.opened(scene.settings) as shown:
        for path in paths:
            for language in LANGUAGES:
                for width in WIDTHS:
                    await shown.show(base + path, width=width, language=language)
                    for observed in await shown.ask(expression):
                        found.append(_drawn(path, width, language, observed, sentence))
    return found


def _drawn(path: str, width: int, language: str, observed: str, sentence: str) -> Sighting:
    return Sighting(
        subject=f"{path} {width} {language} {observed}"[:200],
        sentence=sentence,
        values={"path": path, "width": width, "language": language, "observed": observed},
        observed=observed,
        expected="drawn as on every other page",
        evidence=path,
    )
