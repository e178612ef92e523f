"""How likely in plain words: the calibrated terms of the IPCC, in Vietnamese and English.

Mastrandrea, M. D. et al. (2010), Guidance Note for Lead Authors of the IPCC Fifth Assessment Report on Consistent
Treatment of Uncertainties, table 1. There the terms overlap, so that "likely" holds all that is very likely; here the
narrowest term is told, and a probability on a bound has the term of the likelier side. The Vietnamese words are ours.
"""

from bisect import bisect_right
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

REFERENCE = "Mastrandrea et al. 2010, IPCC AR5 guidance note on consistent treatment of uncertainties, table 1"
Term = Literal[
    "exceptionally_unlikely",
    "very_unlikely",
    "unlikely",
    "about_as_likely_as_not",
    "likely",
    "very_likely",
    "virtually_certain",
]


class LikelihoodTerm(BaseModel):
    """A term of the scale, and the probabilities that it stands for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    term: Term
    vi: str = Field(description="in Vietnamese", examples=["ít khả năng"])
    en: str = Field(description="in English", examples=["unlikely"])
    low: float = Field(description="lowest probability of the term")
    high: float = Field(description="where the next term begins; the last term holds 1 too")


SCALE = (
    LikelihoodTerm(
        term="exceptionally_unlikely", vi="hầu như không thể", en="exceptionally unlikely", low=0.0, high=0.01
    ),
    LikelihoodTerm(term="very_unlikely", vi="rất ít khả năng", en="very unlikely", low=0.01, high=0.1),
    LikelihoodTerm(term="unlikely", vi="ít khả năng", en="unlikely", low=0.1, high=0.33),
    LikelihoodTerm(
        term="about_as_likely_as_not", vi="có thể có, có thể không", en="about as likely as not", low=0.33, high=0.66
    ),
    LikelihoodTerm(term="likely", vi="có khả năng", en="likely", low=0.66, high=0.9),
    LikelihoodTerm(term="very_likely", vi="rất có khả năng", en="very likely", low=0.9, high=0.99),
    LikelihoodTerm(term="virtually_certain", vi="gần như chắc chắn", en="virtually certain", low=0.99, high=1.0),
)
_BEGINS = [term.low for term in SCALE[1:]]


def in_words(probability: float) -> LikelihoodTerm:
    """The narrowest term that holds a probability in [0, 1]."""
    return SCALE[bisect_right(_BEGINS, probability)]


def in_percent(probability: float) -> str:
    """For a sentence: whole percent, none nearer to certainty than one."""
    percent = f"{min(max(100 * probability, 1), 99):.0f} %"
    return f"< {percent}" if probability < 0.01 else f"> {percent}" if probability > 0.99 else percent
