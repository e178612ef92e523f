"""What a gate decides: a verdict with its reasons, in both languages, and every figure that it rests on."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

Verdict = Literal["promote", "keep", "refuse"]
Found = Literal["holds", "unproven", "broken"]


@dataclass(frozen=True)
class Finding:
    """What one rule found.

    Attributes:
        found: whether it holds, is not shown to hold, or is broken.
        vi: in Vietnamese.
        en: in English.
        figures: what it rests on.
    """

    found: Found
    vi: str
    en: str
    figures: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Decision:
    """What becomes of a challenger.

    Attributes:
        hazard: name of the hazard.
        challenger: version of the forecaster that was judged.
        champion: version of the one in service; None where there is none.
        verdict: `promote`; `keep` the champion, as the challenger is not shown to be better; or `refuse`, as it breaks
            a rule. The champion stays in the last two.
        findings: of all rules.
    """

    hazard: str
    challenger: str
    champion: str | None
    verdict: Verdict
    findings: tuple[Finding, ...]

    @property
    def reasons(self) -> tuple[Finding, ...]:
        """The findings that the verdict rests on."""
        wanted: dict[Verdict, Found] = {"promote": "holds", "keep": "unproven", "refuse": "broken"}
        return tuple(one for one in self.findings if one.found == wanted[self.verdict])

    @property
    def figures(self) -> dict[str, float]:
        """All figures by name."""
        return {name: value for one in self.findings for name, value in one.figures.items()}

    def facts(self) -> dict[str, object]:
        """All of it as plain data."""
        return {
            "hazard": self.hazard,
            "challenger": self.challenger,
            "champion": self.champion,
            "verdict": self.verdict,
            "findings": [{"found": one.found, "vi": one.vi, "en": one.en} for one in self.findings],
            "figures": self.figures,
        }


def decided(hazard: str, challenger: str, champion: str | None, findings: Iterable[Finding]) -> Decision:
    """The verdict: one broken rule refuses, one thing unproven keeps the champion, and only else is it promoted."""
    found = tuple(findings)
    kinds = {one.found for one in found}
    verdict: Verdict = "refuse" if "broken" in kinds else "keep" if "unproven" in kinds or not found else "promote"
    return Decision(hazard, challenger, champion, verdict, found)
