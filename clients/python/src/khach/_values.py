"""What Python hands to C: texts, days, numbers and times, checked before they are narrowed."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta

from .errors import invalid

UINT32_MAX = 2**32 - 1
UINT64_MAX = 2**64 - 1
#: The last moment that `datetime` can say.
_MOMENT_MS_MAX = 253_402_300_799_999
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Day = date | str


def text(field: str, value: str | None) -> bytes | None:
    """UTF-8 without a NUL; None stays None."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise TypeError(f"{field}: a str expected, {type(value).__name__} found")
    if "\0" in value:
        raise invalid(field, "a text without NUL expected, one found")
    try:
        return value.encode()
    except UnicodeEncodeError as error:
        raise invalid(field, "Unicode expected, half of a surrogate pair found") from error


def some_text(field: str, value: str) -> bytes:
    """The same of a text that has to be there."""
    encoded = text(field, value)
    if encoded is None:
        raise TypeError(f"{field}: a str expected, None found")
    return encoded


def path(field: str, value: str | os.PathLike[str]) -> bytes:
    """A path as the system has it."""
    encoded = os.fsencode(value)
    if b"\0" in encoded:
        raise invalid(field, "a path without NUL expected, one found")
    return encoded


def day(field: str, value: Day | None) -> bytes | None:
    """ "YYYY-MM-DD"; a time of day is refused, since it has another day elsewhere."""
    if isinstance(value, datetime):
        raise TypeError(f"{field}: a date or YYYY-MM-DD expected, a datetime found")
    return text(field, value.isoformat() if isinstance(value, date) else value)


def number(field: str, value: int, most: int = UINT32_MAX) -> int:
    """A number that C can hold, which would take any other modulo its size."""
    if not 0 <= value <= most:
        raise invalid(field, f"0 to {most} expected, {value} found")
    return value


def texts(field: str, values: Sequence[str]) -> tuple[ctypes.Array[ctypes.c_char_p], int]:
    """An array of texts, which keeps them, and how many there are."""
    if isinstance(values, str):
        raise TypeError(f"{field}: several texts expected, one found")
    encoded = [some_text(f"{field}[{index}]", value) for index, value in enumerate(values)]
    return (ctypes.c_char_p * len(encoded))(*encoded), len(encoded)


def numbers(field: str, values: Iterable[int]) -> tuple[ctypes.Array[ctypes.c_int32], int]:
    """An array of enumerators, and how many there are."""
    checked = [number(f"{field}[{index}]", value, 2**31 - 1) for index, value in enumerate(values)]
    return (ctypes.c_int32 * len(checked))(*checked), len(checked)


def milliseconds(field: str, value: float | timedelta) -> int:
    """Seconds as milliseconds, at least one: nothing can be waited for in no time."""
    seconds = value.total_seconds() if isinstance(value, timedelta) else float(value)
    if not seconds >= 0:
        raise invalid(field, f"seconds of at least 0 expected, {seconds} found")
    return max(1, round(min(seconds * 1000, UINT32_MAX)))


def ternary(value: bool | None) -> int:
    """A condition that may be left out."""
    return 0 if value is None else 1 if value else 2


def moment(value: int | None) -> datetime | None:
    """Milliseconds since 1970 as a time in UTC; beyond the year 9999 the last of them."""
    if value is None:
        return None
    return _EPOCH + timedelta(milliseconds=max(-(10**13), min(value, _MOMENT_MS_MAX)))


def known(value: int) -> int | None:
    """None for the 0 by which C says that there is none."""
    return value or None
