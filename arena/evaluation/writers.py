"""Writers: one side of a battle while it answers."""

import asyncio
import logging
from time import monotonic

from arena import markdown
from arena.evaluation.broadcasts import Shown
from arena.evaluation.recitals import Recital
from arena.evaluation.turns import Answer
from arena.upstream import Finished, Hearing, Limits, Message, Target, Upstream, UpstreamFailed

log = logging.getLogger(__name__)

MOST_UNFINISHED = 4096


class Writer:
    """One side while it answers: its text, how much of it is shown, and how it ended.

    `ended` says that no more will come; `leaving` that the end has been heard, or a failure, and only the call is still
    to be left.
    """

    def __init__(self) -> None:
        self.text = ""
        self.shown = 0
        self.looked = 0
        self.rendered = 0
        self.pieces: list[str] = []
        self.began = monotonic()
        self.first_text_seconds: float | None = None
        self.seconds: float | None = None
        self.ended = False
        self.leaving = False
        self.finished: Finished | None = None
        self.failed: UpstreamFailed | None = None
        self.news = asyncio.Event()
        self._answer: Hearing | None = None
        self._recital: Recital | None = None
        self._left: asyncio.Future[None] | None = None

    @property
    def waiting(self) -> int:
        """Characters that have come and are not shown."""
        return len(self.text) - self.shown

    @property
    def broken(self) -> bool:
        """Whether it ended without having finished."""
        return self.ended and self.finished is None

    async def write(self, upstream: Upstream, target: Target, messages: list[Message], limits: Limits) -> None:
        """Take down what the endpoint says; what goes wrong there is kept, not raised.

        From the first text on nothing is read but by `listen`, so that what comes meanwhile is read at once.
        """
        try:
            async with upstream.asked(target, messages, limits) as self._answer:
                while not self.text and not self._answer.over:
                    self._add(await self._answer.more())
                if not self._answer.over:
                    self._left = asyncio.get_running_loop().create_future()
                    await self._left
                self.finished = self._answer.close()
        except UpstreamFailed as failure:
            self.failed = failure
        except Exception:
            log.exception("endpoint's answer not read endpoint=%s", target.endpoint_id)
        finally:
            self.seconds = monotonic() - self.began
            self.ended, self.leaving = True, False
            self.news.set()

    async def recite(self, recital: Recital) -> None:
        """Say what is written already, at its tempo; from the first text on it is `listen` that goes on."""
        try:
            await asyncio.sleep(recital.tempo.first_seconds)
            self._recital, self._left = recital, asyncio.get_running_loop().create_future()
            self._add(recital.by(monotonic() - self.began))
            await self._left
            self.finished = Finished("stop", None, None, truncated=False)
        finally:
            self.seconds = monotonic() - self.began
            self.ended, self.leaving = True, False
            self.news.set()

    def listen(self) -> None:
        """Take what lies ready; an end is known as soon as whoever calls this lets the event loop go on."""
        answer, left = self._answer, self._left
        if self._recital is not None:
            self._go_on(self._recital)
            return
        if answer is None or left is None or left.done():
            return
        try:
            self.text += answer.ready()
        except Exception as error:  # It is `write` that has to do with the call, and with how it ends.
            self.leaving = True
            left.set_exception(error)
        else:
            if answer.over:
                self.leaving = True
                left.set_result(None)

    def _go_on(self, recital: Recital) -> None:
        self.text = recital.by(monotonic() - self.began)
        if len(self.text) == len(recital.text) and self._left is not None and not self._left.done():
            self.leaving = True
            self._left.set_result(None)

    def _add(self, text: str) -> None:
        if text:
            self.first_text_seconds = monotonic() - self.began
            self.text += text
            self.news.set()

    def show(self, characters: int) -> str:
        """The next characters, counted as shown from now on."""
        text = self.text[self.shown : self.shown + characters]
        self.shown += len(text)
        return text

    def cut(self) -> None:
        """Leave out what has not been shown, because nobody wants to wait for it."""
        if self.waiting or self.finished is None:
            self.text = self.text[: self.shown]
            self.finished = Finished("stopped", None, None, truncated=True)

    def blocks(self) -> Shown:
        """The blocks that the shown text has finished since the last time, as safe HTML; none where there are none.

        A block that has grown long is left for the end, since looking for its end takes longer and longer.
        """
        new, self.looked = self.text[self.looked : self.shown], self.shown
        if "\n" not in new:  # A block ends where a line does.
            return Shown("", len(self.pieces), "")
        unfinished = self.text[self.rendered : self.shown]
        done, rest = markdown.finished(unfinished) if len(unfinished) <= MOST_UNFINISHED else ("", unfinished)
        if not done.strip():
            return Shown("", len(self.pieces), "")
        piece = Shown(markdown.render(done), len(self.pieces), rest)
        self.rendered += len(done)
        self.pieces.append(piece.html)
        return piece

    def answer(self) -> Answer:
        """What is kept of it, rendered; for a hostile answer that takes a second, so call it in a thread."""
        finished, failed = self.finished, self.failed
        return Answer(
            text=self.text,
            html=markdown.completed(self.text, self.pieces, self.text[self.rendered :]),
            seconds=monotonic() - self.began if self.seconds is None else self.seconds,
            first_text_seconds=self.first_text_seconds,
            finish=finished.reason if finished else None,
            failure=failed.code if failed else None,
            failure_detail=failed.detail if failed else None,
            retry_after=failed.retry_after if failed else None,
            prompt_tokens=finished.prompt_tokens if finished else None,
            answer_tokens=finished.answer_tokens if finished else None,
        )
