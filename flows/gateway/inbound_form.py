"""The form of an inbound mail as text: whole, however long, and in the charset that each field was written in.

SendGrid posts `text` and `html` in the bytes of the original mail and names their charsets beside them. Read as
UTF-8, an opt-out in Russian or Japanese would be noise, and nobody would stop.
"""

from __future__ import annotations

import codecs
import json
import re

from starlette.datastructures import FormData, Headers
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from flows.gateway.whole_mail import CALENDAR, LARGEST_CALENDAR, parts_of

OF_A_MAIL = frozenset({"envelope", "from", "headers"})
_WINDOWS_PAGE = re.compile(r"windows-(\d+)", re.IGNORECASE)
_BYTES = "latin-1"
"""Gives every byte a character of its own, so that nothing is lost before the charset is known."""


class NoMail(ValueError):
    """The body is not the form of an inbound mail; the text says why."""


async def read_mail(request: Request, limit: int) -> dict[str, str]:
    """The fields by name, of attachments only a calendar, as `calendar`; raises `NoMail`."""
    kind = request.headers.get("content-type", "")
    if not kind.lower().startswith("multipart/form-data"):
        raise NoMail("the body is not multipart/form-data")
    headers = Headers({"content-type": f"{kind}; charset={_BYTES}"})
    try:
        form = await MultiPartParser(headers, request.stream(), max_part_size=limit).parse()
    except MultiPartException as problem:
        raise NoMail(f"the form cannot be read: {problem.message}") from None
    fields = {name: value for name, value in form.items() if isinstance(value, str)}
    calendar = await _calendar_file(form)
    await form.close()
    if not OF_A_MAIL & set(fields):
        raise NoMail("no envelope, from or headers: this is no inbound mail")
    charsets = _charsets(fields.get("charsets", ""))
    mail = {name: _decoded(value.encode(_BYTES), charsets.get(name)) for name, value in fields.items()}
    whole = parts_of(fields["email"].encode(_BYTES)) if fields.get("email") else {}
    # A calendar's answer is a part of its own; the name of the field that we keep it under is ours alone.
    found = calendar if calendar is not None else whole.pop(CALENDAR, None)
    return (
        whole
        | {name: value for name, value in mail.items() if name != CALENDAR}
        | ({CALENDAR: found} if found else {})
    )


async def _calendar_file(form: FormData) -> str | None:
    """The first attachment that is a calendar, and no larger than one."""
    for _, file in form.multi_items():
        if isinstance(file, str):
            continue
        named = (file.filename or "").lower().endswith(".ics")
        if named or (file.content_type or "").lower().startswith("text/calendar"):
            content = await file.read(LARGEST_CALENDAR + 1)
            if len(content) <= LARGEST_CALENDAR:
                return content.decode(errors="replace")
    return None


def _charsets(text: str) -> dict[str, str]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    known = found.items() if isinstance(found, dict) else ()
    return {name: charset for name, charset in known if isinstance(charset, str)}


def _decoded(raw: bytes, charset: str | None) -> str:
    """In the named charset; bytes that do not fit it become a mark, they never cost the mail."""
    name = _WINDOWS_PAGE.sub(r"cp\1", charset or "utf-8")
    try:
        return codecs.decode(raw, name, "replace") if _is_charset(name) else raw.decode(errors="replace")
    except ValueError:
        return raw.decode(errors="replace")


def _is_charset(name: str) -> bool:
    """Python also knows codecs that are none, such as `hex` and `unicode_escape`."""
    try:
        return isinstance("".encode(name), bytes) and not name.replace("-", "_").lower().endswith("escape")
    except (LookupError, ValueError):
        return False
