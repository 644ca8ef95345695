"""How soon a board of a thousand contenders shows what is searched: from the key to the painted rows, in Chromium.

`python -m tests.benchmarks.filtering [--contenders 1000] [--browser /usr/bin/chromium]`. Each search is typed into the
page of a running arena; the server's answer comes over HTTP. Also the processor time that page and server used for it,
which a busy machine does not change.
"""

import argparse
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import uvloop
from playwright.async_api import CDPSession, Page, async_playwright

from arena import db as database
from arena.config import Settings
from arena.integration import archives
from arena.integration.archives import Archive
from arena.publishing import releases
from tests.benchmarks import processes
from tests.benchmarks.processes import House

SEARCHES = ("t", "tree 7", "tree 77", "", "^tree 1.*9$", "@votes:>500", "oak; 99", "")
REACTION = """
(text) => new Promise((resolve) => {
  const search = document.querySelector('#q')
  const began = performance.now()
  const watch = new MutationObserver(() => {
    watch.disconnect()
    const settled = performance.now()
    requestAnimationFrame(() => setTimeout(() => resolve([settled - began, performance.now() - began])))
  })
  watch.observe(document.querySelector('[data-echo]'), { childList: true, characterData: true, subtree: true })
  search.value = text
  search.dispatchEvent(new InputEvent('input', { bubbles: true }))
})
"""
# Rows below the screen come moments later; the figures are for what is in sight.
FILLED = """
async () => {
  const count = () => document.querySelectorAll('[data-standings] tbody tr').length
  const before = count()
  await new Promise((resolve) => setTimeout(resolve, 900))
  return count() === before
}
"""
MORE = """
WITH more AS (
    INSERT INTO contenders
    SELECT (jsonb_populate_record(contenders, jsonb_build_object(
        'id', gen_random_uuid(), 'slug', 'tree-' || n, 'name', 'tree ' || n))).*
    FROM contenders, generate_series(3, $1::int) AS n WHERE name = 'oak'
    RETURNING id, slug, name
)
INSERT INTO standings
SELECT (jsonb_populate_record(standings, jsonb_build_object(
    'contender_id', more.id, 'name', more.name, 'votes', 1 + abs(hashtext(more.slug)) % 900,
    'rating', 700 + abs(hashtext(more.slug)) % 600, 'lower', 650 + abs(hashtext(more.slug)) % 600,
    'upper', 760 + abs(hashtext(more.slug)) % 600))).*
FROM standings, more WHERE standings.name = 'oak'
"""


async def _release(here: House, contenders: int) -> str:
    """A board of two, released, whose standings are then written as often as it takes: the page is what is measured."""
    settings = Settings(database_url=here.database_url, redis_url="", secret=here.secret, replicates=20)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "votes.csv"
        file.write_text("model_a,model_b,winner,voter\noak,elm,model_a,v1\noak,elm,model_b,v2\n")
        async with database.pool(here.database_url, size=4) as db:
            brought = await archives.bring(db, Archive(file=file, slug="many", name="Many", attribution=None))
            await releases.refresh(db, brought.board, settings)
            await db.execute(MORE, contenders)
    return f"http://127.0.0.1:{here.server.port}/leaderboard/many"


async def _busy(session: CDPSession) -> float:
    """Milliseconds of processor time that the page's thread has used."""
    metrics = await session.send("Performance.getMetrics")
    return 1000 * next(float(one["value"]) for one in metrics["metrics"] if one["name"] == "TaskDuration")


async def _typed(page: Page, server: processes.Running, rounds: int) -> None:
    painted: list[float] = []
    session = await page.context.new_cdp_session(page)
    await session.send("Performance.enable", {"timeDomain": "threadTicks"})
    for _ in range(rounds):
        for text in SEARCHES:
            before, own = server.cpu_seconds(), await _busy(session)
            settled, seen = await page.evaluate(REACTION, text)
            own = await _busy(session) - own
            await page.wait_for_function(FILLED)
            rows = await page.locator("[data-standings] tbody tr").count()
            used = (server.cpu_seconds() - before) * 1000
            painted.append(seen)
            figures = f"changed {settled:4.0f}  painted {seen:4.0f}  page {own:3.0f}  server {used:3.0f} ms"
            print(f"{text!r:16} {rows:5} rows  {figures}")
    print(f"painted: median {median(painted):.0f} ms, most {max(painted):.0f} ms")


async def main(contenders: int, browser: str, rounds: int) -> None:
    """Type and print the figures."""
    async with processes.house(durable=False, cores=processes.OTHERS) as here, async_playwright() as playwright:
        address = await _release(here, contenders)
        chromium = await playwright.chromium.launch(executable_path=browser)
        page = await chromium.new_page()
        await page.goto(address)
        await _typed(page, here.server, rounds)
        await chromium.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.filtering", description=__doc__)
    parser.add_argument("--contenders", type=int, default=1000)
    parser.add_argument("--browser", default="/usr/bin/chromium")
    parser.add_argument("--rounds", type=int, default=2)
    chosen = parser.parse_args()
    uvloop.run(main(chosen.contenders, chosen.browser, chosen.rounds))
