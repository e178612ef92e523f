"""Files as answers: streamed from disk, whole or in part, with their digests.

Ranges are those of RFC 9110, section 14: of one stretch; others are passed over, as the standard allows, and the whole
file is sent. `Repr-Digest` is of the whole file, `Content-Digest` of what is sent (RFC 9530), so that it stands beside
whole files alone. Reading has two threads of its own, whatever else is asked meanwhile.
"""

import asyncio
import base64
import re
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from io import BufferedReader
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from serving.answering.conditional import holds
from serving.catalogue.publication import FORMATS, BulkFile, GoneError
from serving.web.problems import problem

READERS = ThreadPoolExecutor(2, "bulk")
CHUNK = 2**18
_CACHE = "max-age=3600"
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)
Stretch = tuple[int, int]


class BeyondError(ValueError):
    """A range that begins beyond the end."""


def stretch_asked(text: str | None, size: int) -> Stretch | None:
    """First byte and the byte after the last that a header Range asks for; None for the whole file.

    Args:
        text: the header.
        size: of the file, bytes.

    Raises:
        BeyondError: if nothing of the file lies in the range.
    """
    found = _RANGE.fullmatch(text.replace(" ", "")) if text else None
    if found is None or not any(found.groups()):
        return None
    first, last = found.groups()
    if not first:
        begin, end = max(0, size - int(last)), size
    else:
        begin, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < begin:
            return None
    if begin >= size or begin == end:
        raise BeyondError(f"the file has {size:,} bytes: nothing of it lies in {text}")
    return begin, end


async def send_file(request: Request, path: Path, file: BulkFile) -> Response:
    """The file, a part of it, or 304 where the caller holds it.

    Raises:
        GoneError: if it was replaced a moment ago.
    """
    etag = f'"{file.sha256[:32]}"'
    digest = f"sha-256=:{base64.b64encode(bytes.fromhex(file.sha256)).decode()}:"
    headers = {"etag": etag, "cache-control": _CACHE, "accept-ranges": "bytes", "repr-digest": digest}
    known = request.headers.get("if-none-match")
    if known is not None and holds(known, etag):
        return Response(status_code=304, headers=headers)
    if_range = request.headers.get("if-range")
    asked = request.headers.get("range") if if_range in (None, etag) else None
    try:
        stretch = stretch_asked(asked, file.bytes)
    except BeyondError as error:
        where = {"content-range": f"bytes */{file.bytes}"}
        return problem(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, str(error), headers=where)
    begin, end = stretch or (0, file.bytes)
    headers["content-disposition"] = f'attachment; filename="{file.name}"'
    headers["content-length"] = str(end - begin)
    headers |= (
        {"content-digest": digest} if stretch is None else {"content-range": f"bytes {begin}-{end - 1}/{file.bytes}"}
    )
    try:
        opened = await asyncio.get_running_loop().run_in_executor(READERS, path.open, "rb")
    except FileNotFoundError as error:
        raise GoneError(f"{file.name} was replaced: list the files again") from error
    status = HTTPStatus.OK if stretch is None else HTTPStatus.PARTIAL_CONTENT
    return StreamingResponse(_chunks(opened, begin, end), status, headers, FORMATS[file.format])


async def _chunks(opened: BufferedReader, begin: int, end: int) -> AsyncIterator[bytes]:
    loop = asyncio.get_running_loop()
    with opened:
        opened.seek(begin)
        while begin < end:
            chunk = await loop.run_in_executor(READERS, opened.read, min(CHUNK, end - begin))
            if not chunk:
                raise OSError(f"{opened.name} is shorter than the manifest says")
            begin += len(chunk)
            yield chunk
