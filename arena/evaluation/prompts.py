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
        raise PromptRefused(f"This prompt has {len(prompt):,} characters; {most:,} fit.")
    require_printable(prompt, "prompt")
    return prompt


def require_printable(text: str, what: str) -> None:
    """Refuse characters that nobody can read and a database can't hold."""
    for place, character in enumerate(text):
        if _unprintable(character):
            code = f"U+{ord(character):04X}"
            raise PromptRefused(f"The {what} holds the control character {code} at place {place + 1}. Take it out.")


def _unprintable(character: str) -> bool:
    """Control characters but tab and newline, and halves of surrogate pairs, which no UTF-8 can carry."""
    code = ord(character)
    return (code < 32 and character not in "\n\t") or 127 <= code < 160 or 0xD800 <= code < 0xE000
