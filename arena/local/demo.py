"""The board that `arena up` brings, so that there are true numbers to look at from the first minute."""

from pathlib import Path

import arena
from arena import db, jobs
from arena.config import Settings
from arena.integration import archives, boards
from arena.integration.archives import Archive

ARCHIVE = Archive(
    file=Path(arena.__file__).parent.parent / "deploy" / "demo" / "llmfao.csv.gz",
    slug="llmfao-2023",
    name="LLMFAO 2023",
    attribution=(
        "Votes: LLMFAO by Dmitry Ustalov, https://github.com/dustalov/llmfao, licensed CC BY 4.0, "
        "https://creativecommons.org/licenses/by/4.0/ (columns renamed, otherwise unchanged). "
        "Prompts and outputs compared there: llmonitor.com, CC BY 4.0."
    ),
)


async def bring(settings: Settings) -> bool:
    """Bring the board in where it isn't yet, and have it released by the worker; whether it was brought in."""
    async with db.pool(settings.database_url, size=1) as pool:
        if await boards.find(pool, ARCHIVE.slug) is not None:
            return False
        await archives.bring(pool, ARCHIVE)
        await jobs.refit_soon(pool, ARCHIVE.slug)
    return True
