"""Prompts: what may be asked."""

from arena.errors import ArenaError


class PromptRefused(ArenaError):
    """This prompt can't be asked."""

    status = 400


def read(text: str, *, most: int) -> str:
    """The prompt as it is asked, or a sentence on why it can't be."""
    prompt = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not prompt:
        raise PromptRefused("The prompt is empty. Write what both models shall answer.")
    if len(prompt) > most:
        raise PromptRefused("This prompt has {count} characters; {most} fit.", count=len(prompt), most=most)
    require_printable(prompt)
    return prompt


def require_printable(text: str) -> None:
    """Refuse characters that nobody can read and a database can't hold."""
    for place, character in enumerate(text):
        if _unprintable(character):
            raise PromptRefused(
                "The text holds the control character {code} at place {place}. Take it out.",
                code=f"U+{ord(character):04X}",
                place=place + 1,
            )


def _unprintable(character: str) -> bool:
    """Control characters but tab and newline, and halves of surrogate pairs, which no UTF-8 can carry."""
    code = ord(character)
    return (code < 32 and character not in "\n\t") or 127 <= code < 160 or 0xD800 <= code < 0xE000
