"""Customers of a cache as a file."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum

from . import _ffi, _values
from .customers import CustomerFilter, Order, query


class ExportFormat(IntEnum):
    """The kind of file."""

    XLSX = 1
    CSV = 2
    JSONL = 3


class ExportLanguage(IntEnum):
    """The language of headers and values."""

    VIETNAMESE = 1
    ENGLISH = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOptions:
    """Who is exported, and how the file looks."""

    #: Everyone of the filter, in an order. Not with `ids`.
    filter: CustomerFilter | None = None
    order: Order = Order.UNSPECIFIED
    #: Exactly these, in this order; at most 10,000.
    ids: Sequence[str] = ()
    format: ExportFormat = ExportFormat.XLSX
    language: ExportLanguage = ExportLanguage.VIETNAMESE
    #: Keys such as "name", in the order of the file; empty means the default ones.
    columns: Sequence[str] = ()
    #: CSV: "," or ";".
    separator: str = ","
    #: CSV: the file begins with a byte order mark.
    has_byte_order_mark: bool = True
    #: Phones and e-mail addresses are shown in part only.
    masks_contacts: bool = False
    #: XLSX: where temporary files without a name are made.
    temporary_folder: str | os.PathLike[str] = "/tmp"
    #: XLSX: rows of one worksheet; 0 means as many as it can hold.
    sheet_rows_max: int = 0


@dataclass(frozen=True, slots=True)
class ExportProgress:
    """How far an export is."""

    #: The cache had every customer when the export began.
    is_complete: bool
    rows_done: int
    rows_total: int
    #: The commit sequence that the file shows.
    seq: int
    as_of_ms: int | None


def options(wanted: ExportOptions, fd: int) -> _ffi.ExportOptions:
    """The options as C has them; what they point to lives as long as they do."""
    ids, id_count = _values.texts("ids", wanted.ids)
    columns, column_count = _values.texts("columns", wanted.columns)
    made = _ffi.ExportOptions(
        ids=ids,
        id_count=id_count,
        format=_values.number("format", wanted.format),
        language=_values.number("language", wanted.language),
        mask_contacts=int(wanted.masks_contacts),
        columns=columns,
        column_count=column_count,
        separator=_values.text("separator", wanted.separator),
        without_bom=int(not wanted.has_byte_order_mark),
        fd=fd,
        temporary_folder=_values.path("temporary_folder", wanted.temporary_folder),
        sheet_rows_max=_values.number("sheet_rows_max", wanted.sheet_rows_max),
    )
    if not wanted.ids or wanted.filter is not None or wanted.order is not Order.UNSPECIFIED:
        made.query.contents = query(wanted.filter, wanted.order)
    return made


def progress(found: _ffi.ExportProgress) -> ExportProgress:
    """Copies how far an export is."""
    return ExportProgress(
        is_complete=found.is_complete != 0,
        rows_done=found.rows_done,
        rows_total=found.rows_total,
        seq=found.seq,
        as_of_ms=_values.known(found.as_of_ms),
    )


@contextmanager
def file_at(path: str | os.PathLike[str], *, replace: bool) -> Iterator[int]:
    """A file for its owner only, which has its name once it is whole, and none before."""
    folder, name = os.path.split(os.path.abspath(os.fspath(path)))
    if not replace and os.path.lexists(path):
        raise FileExistsError(f"no file expected at {os.fspath(path)}, one found")
    fd, made = tempfile.mkstemp(dir=folder, prefix=f".{name}.", suffix=".part")
    try:
        try:
            yield fd
            os.fsync(fd)
        finally:
            os.close(fd)
        if replace:
            os.replace(made, path)
        else:
            os.link(made, path)
    finally:
        if os.path.lexists(made):
            os.unlink(made)
