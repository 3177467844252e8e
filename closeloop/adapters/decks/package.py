"""The same content gives the same bytes: the only date in a package is the deck's own."""

from __future__ import annotations

import re
from datetime import date
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

_STAMP = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(<)")
_EARLIEST = 1980  # the zip format knows no earlier year


def with_fixed_dates(package: bytes, on: date) -> bytes:
    """The package with `on` as the only date in it, outside and in its core properties."""
    target = BytesIO()
    moment = (max(on.year, _EARLIEST), on.month, on.day, 0, 0, 0)
    with ZipFile(BytesIO(package)) as old, ZipFile(target, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "docProps/core.xml":
                content = _STAMP.sub(rb"\g<1>%sT00:00:00Z\g<2>" % on.isoformat().encode(), content)
            entry = ZipInfo(name, moment)
            entry.compress_type = ZIP_DEFLATED
            new.writestr(entry, content)
    return target.getvalue()
