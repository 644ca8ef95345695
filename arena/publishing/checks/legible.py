"""Whether what is drawn can be read, and whether it can be seen where the keyboard is, as a browser draws it."""

from datetime import timedelta
from typing import Final

from arena.publishing import browser, outside
from arena.publishing.checkup import Entity, Scene, Severity, Sighting, Smell, check
from arena.publishing.standing_pages import boards

THEMES: Final = ("light", "dark")
WIDTHS: Final = (360, 1280)
# Contrasts of words with what is behind them (WCAG 2.2, 1.4.3, without its exception for large letters), and elements
# that the keyboard reaches without anything that shows it (2.4.7). Colours are painted, so that whatever notation they
# are in becomes red, green, blue and opacity. What lies over a picture can't be told so and is left out.
LEGIBLE: Final = """
(() => {
  const LEAST = 4.5;
  const found = new Set();
  const sheet = Object.assign(document.createElement('canvas'), {width: 1, height: 1});
  const brush = sheet.getContext('2d', {willReadFrequently: true});
  const known = new Map();
  const painted = (colour) => {
    if (!known.has(colour)) {
      brush.clearRect(0, 0, 1, 1);
      brush.fillStyle = colour;
      brush.fillRect(0, 0, 1, 1);
      known.set(colour, [...brush.getImageData(0, 0, 1, 1).data].map((value) => value / 255));
    }
    return known.get(colour);
  };
  const over = ([red, green, blue, opacity], below) =>
    [red, green, blue].map((value, place) => value * opacity + below[place] * (1 - opacity));
  const luminance = (colour) => colour
    .map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
    .reduce((sum, value, place) => sum + value * [0.2126, 0.7152, 0.0722][place], 0);
  const behind = (element) => {
    if (!element) return over(painted(getComputedStyle(document.documentElement).backgroundColor), [1, 1, 1]);
    const style = getComputedStyle(element);
    if (style.backgroundImage !== 'none') return null;
    const below = behind(element.parentElement);
    return below && over(painted(style.backgroundColor), below);
  };
  const name = (element) => (element.textContent || element.getAttribute('aria-label') || element.tagName)
    .trim().replace(/\\s+/g, ' ').slice(0, 40);
  const shown = (element) => {
    const box = element.getBoundingClientRect();
    const seen = element.checkVisibility({checkOpacity: true, checkVisibilityCSS: true});
    return seen && box.width > 1 && box.height > 1 && !element.closest(':disabled, [aria-disabled="true"]');
  };
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const looked = new Set();
  while (words.nextNode()) {
    const element = words.currentNode.parentElement;
    if (!words.currentNode.data.trim() || looked.has(element) || element instanceof SVGElement) continue;
    looked.add(element);
    const below = shown(element) && behind(element);
    if (!below) continue;
    let opacity = 1;
    for (let one = element; one; one = one.parentElement) opacity *= getComputedStyle(one).opacity;
    const [red, green, blue, alpha] = painted(getComputedStyle(element).color);
    const levels = [luminance(over([red, green, blue, alpha * opacity], below)), luminance(below)];
    const contrast = (Math.max(...levels) + 0.05) / (Math.min(...levels) + 0.05);
    if (contrast < LEAST - 0.05) found.add(`“${name(element)}” has a contrast of ${contrast.toFixed(1)}`);
  }
  const REACHED = 'a[href], button, input, select, textarea, summary, [tabindex="0"]';
  const OUTLINES = ['outlineStyle', 'outlineWidth', 'outlineColor', 'boxShadow', 'borderColor', 'backgroundColor',
    'textDecorationLine'];
  const look = (element) => [element, element.parentElement, element.parentElement?.parentElement]
    .flatMap((one) => one ? OUTLINES.map((property) => getComputedStyle(one)[property]) : []).join();
  const kinds = new Set();
  for (const element of document.querySelectorAll(REACHED)) {
    const kind = [element.tagName, element.type, element.className, element.parentElement.className].join();
    if (kinds.has(kind) || !shown(element)) continue;
    kinds.add(kind);
    document.activeElement?.blur();
    const before = look(element);
    element.focus({preventScroll: true});
    for (const one of document.getAnimations()) one.finish();
    const after = document.activeElement === element && look(element);
    if (after === before) found.add(`nothing shows that “${name(element)}” is focused`);
  }
  return [...found].slice(0, 20);
})()
"""


@check(
    "V7",
    Smell.MISDISPLAYED,
    Entity.RANKING_TABLE,
    Entity.SCORE,
    severity=Severity.WARN,
    threshold="Words whose contrast with what is behind them is below 4.5, or an element whose focus nothing shows.",
    every=timedelta(days=1),
    seconds=240,
    inside=False,
)
async def legibility(scene: Scene) -> list[Sighting]:
    """In a browser, on light and dark systems, a board's words can be read, and the keyboard's place be seen."""
    base, found = outside.address(scene.settings), []
    paths = [f"/leaderboard/{slug}" for slug in await boards(scene)]
    async with browser.opened(scene.settings) as shown:
        for path in paths:
            for theme in THEMES:
                for width in WIDTHS:
                    await shown.show(base + path, width=width, language="en", theme=theme)
                    found += [_illegible(path, width, theme, observed) for observed in await shown.ask(LEGIBLE)]
    return found


def _illegible(path: str, width: int, theme: str, observed: str) -> Sighting:
    sentence = {
        "light": "The page {path} is hard to read at {width} px in light colours: {observed}.",
        "dark": "The page {path} is hard to read at {width} px in dark colours: {observed}.",
    }
    return Sighting(
        subject=f"{path} {width} {theme} {observed}"[:200],
        sentence=sentence[theme],
        values={"path": path, "width": width, "observed": observed},
        observed=observed,
        expected="a contrast of 4.5 or more, and focus that is seen",
        evidence=path,
    )
