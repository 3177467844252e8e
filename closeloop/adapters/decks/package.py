"""The same content gives the same bytes: the only date in a package is the deck's own."""

from __future__ import annotations

import re
import struct
from datetime import date
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

_STAMP = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(<)")
_EARLIEST = 1980  # the zip format knows no earlier year
_DIRECTORY_ENTRY = 46  # bytes before the name


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


def with_dated_entries(package: bytes, on: date) -> bytes:
    """The package with `on` as the date of each entry; what is inside stays compressed as it is."""
    dated = bytearray(package)
    stamp = struct.pack("<HH", 0, max(on.year - _EARLIEST, 0) << 9 | on.month << 5 | on.day)
    with ZipFile(BytesIO(package)) as archive:
        listed = archive.start_dir
        for entry in archive.infolist():
            dated[entry.header_offset + 10 : entry.header_offset + 14] = stamp
            dated[listed + 12 : listed + 16] = stamp
            listed += _DIRECTORY_ENTRY + sum(struct.unpack_from("<HHH", dated, listed + 28))
    return bytes(dated)
