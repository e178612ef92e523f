"""Why a question is not answered: a value that cannot be used, a hazard that is withheld, a champion being loaded."""

from features.errors import HaidangError
from serving.access.slots import BusyError


class WithheldError(HaidangError):
    """An answer that cannot be given now, for one hazard alone.

    Attributes:
        vi: the reason in Vietnamese; the text of the error is English.
    """

    def __init__(self, text: str, vi: str) -> None:
        super().__init__(text)
        self.vi = vi


class FieldError(HaidangError):
    """A value of a question that cannot be used.

    Attributes:
        field: where the value stands in the question, for instance `sites.0`.
    """

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


class LoadingError(BusyError):
    """The champion is being loaded; what was issued is answered meanwhile."""
