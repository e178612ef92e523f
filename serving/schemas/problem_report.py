"""A problem report of RFC 9457, as every error is answered with."""

from pydantic import BaseModel, Field


class Problem(BaseModel):
    """A problem report as of RFC 9457."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    detail_vi: str | None = Field(None, description="in Vietnamese, where an answer is withheld; null for other errors")
    errors: list[dict[str, str]] = []
