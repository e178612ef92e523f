"""Errors that a person can act on: what is wrong with the value, where, and what to do."""

import difflib
import unicodedata
from collections.abc import Iterable


class HaidangError(ValueError):
    """Base of every error that is the asker's or the data's to mend; its text is fit to be shown."""


class UnknownNameError(HaidangError):
    """A name that is not in a list of known names.

    Attributes:
        kind: what was looked up, for instance "site".
        name: what was asked for.
        known: every known name, the nearest first.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.kind, self.name = kind, name
        self.known = nearest_first(name, known)
        listed = ", ".join(self.known[:12]) + (", ..." if len(self.known) > 12 else "")
        super().__init__(f"unknown {kind} {name!r}: there is {listed or 'none'}")


def nearest_first(name: str, known: Iterable[str]) -> tuple[str, ...]:
    """Orders `known` by likeness to `name`; Vietnamese marks and letter case do not count."""
    target = plain_letters(name)
    return tuple(sorted(known, key=lambda other: -difflib.SequenceMatcher(None, target, plain_letters(other)).ratio()))


def plain_letters(text: str) -> str:
    """Lower case without diacritics: "Hạ Long" and "ha long" are one; đ counts as d."""
    decomposed = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))
