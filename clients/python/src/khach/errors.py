"""Why a call failed: one class for each code, in one tree under `KhachError`."""

from __future__ import annotations

import re
from enum import IntEnum

from ._ffi import lib


class Code(IntEnum):
    """What went wrong, by kind. The numbers are part of the C library's ABI."""

    OTHER = -1000
    """One that this version does not name."""
    OK = 0
    INVALID = -1
    MEMORY = -2
    IO = -3
    NETWORK = -4
    TIMEOUT = -5
    PROTOCOL = -6
    REMOTE = -7
    NOT_FOUND = -8
    NOT_SYNCED = -9
    CURSOR_INVALID = -10
    GENERATION_CHANGED = -11
    CURSOR_AHEAD = -12
    SCOPE_MISMATCH = -13
    CACHE_FOREIGN = -14
    CACHE_TOO_NEW = -15
    CACHE_LOCKED = -16
    CACHE_CORRUPT = -17
    DISK_FULL = -18
    OFFLINE = -19
    SHRINK = -20
    SCOPE_CHANGED = -21
    NOT_FRESH = -22
    STOPPED = -23
    OUTCOME_UNKNOWN = -24
    CERTIFICATE = -25

    @classmethod
    def _missing_(cls, value: object) -> Code:
        return cls.OTHER


class KhachError(Exception):
    """A call to the cache or the server failed."""

    #: The kind of failure.
    code: Code
    #: What was expected and what was found, for people.
    message: str
    #: The server's reason, such as "CURSOR_INVALID"; empty when there is none.
    reason: str
    #: The argument that was not as expected, such as "created_from"; empty when none is named.
    field: str
    #: Whether the same call may succeed if repeated.
    is_retryable: bool

    def __init__(
        self,
        code: Code,
        message: str,
        *,
        reason: str = "",
        field: str = "",
        is_retryable: bool = False,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.reason = reason
        self.field = field
        self.is_retryable = is_retryable

    def __str__(self) -> str:
        return f"KHACH_E_{self.code.name}: {self.message}"

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return _again, (
            type(self),
            self.code,
            self.message,
            self.reason,
            self.field,
            self.is_retryable,
        )


class InvalidError(KhachError, ValueError):
    """An argument is missing, out of range, or not of the form that the call names."""


class ClosedError(InvalidError):
    """The client was used after it was closed."""


class BusyError(InvalidError):
    """The client, or the cache, is in use in a way that does not allow the call."""


class OutOfMemoryError(KhachError, MemoryError):
    """No memory."""


class NotFoundError(KhachError, LookupError):
    """There is no such thing."""


class OfflineError(KhachError):
    """The client was opened without an address."""


class NotFreshError(KhachError, TimeoutError):
    """The cache has not come to the position in time."""


class StoppedError(KhachError):
    """The caller has stopped it."""


class CacheError(KhachError):
    """The cache cannot answer, or cannot be written."""


class StorageError(CacheError):
    """The file system or the database failed."""


class OutcomeUnknownError(StorageError):
    """The disk failed: whether an edit was kept, the outbox says once the cache is opened anew."""


class DiskFullError(StorageError):
    """The disk is full; nothing of the page was kept."""


class NotSyncedError(CacheError):
    """The cache does not hold enough to answer: sync first."""


class ScopeMismatchError(CacheError):
    """The cache belongs to another business."""


class CacheForeignError(CacheError):
    """The file is not a cache of this library, or it was wiped."""


class CacheTooNewError(CacheError):
    """A newer library wrote the cache. It was not touched."""


class CacheLockedError(CacheError):
    """Another process is writing to the cache, or leads its sync."""


class CacheCorruptError(CacheError):
    """The cache is damaged."""


class ServerError(KhachError):
    """The server cannot be reached, or does not do what was asked."""


class NetworkError(ServerError, ConnectionError):
    """The server cannot be reached, or the connection broke."""


class CertificateError(ServerError):
    """The certificate of the server was refused here, or the client's there."""


class ServerTimeoutError(ServerError, TimeoutError):
    """The server did not answer in time."""


class ProtocolError(ServerError):
    """The server sent what the protocol does not allow."""


class RefusedError(ServerError):
    """The server refused the call; `reason` says why."""


class HistoryError(ServerError):
    """The server is not where the cache left it, and the sync could not mend that."""


class CursorInvalidError(HistoryError):
    """The server does not know the cursor."""


class GenerationChangedError(HistoryError):
    """The server was restored or rebuilt, or the position is of another history."""


class CursorAheadError(HistoryError):
    """The cursor is newer than the server."""


class ScopeChangedError(HistoryError):
    """Other pages may be seen than before."""


class ShrinkError(HistoryError):
    """The server has far fewer customers than the cache: `repair(accept_shrink=True)`."""


#: The class of each code; a test walks all of them.
CLASSES: dict[Code, type[KhachError]] = {
    Code.OTHER: KhachError,
    Code.INVALID: InvalidError,
    Code.MEMORY: OutOfMemoryError,
    Code.IO: StorageError,
    Code.NETWORK: NetworkError,
    Code.TIMEOUT: ServerTimeoutError,
    Code.PROTOCOL: ProtocolError,
    Code.REMOTE: RefusedError,
    Code.NOT_FOUND: NotFoundError,
    Code.NOT_SYNCED: NotSyncedError,
    Code.CURSOR_INVALID: CursorInvalidError,
    Code.GENERATION_CHANGED: GenerationChangedError,
    Code.CURSOR_AHEAD: CursorAheadError,
    Code.SCOPE_MISMATCH: ScopeMismatchError,
    Code.CACHE_FOREIGN: CacheForeignError,
    Code.CACHE_TOO_NEW: CacheTooNewError,
    Code.CACHE_LOCKED: CacheLockedError,
    Code.CACHE_CORRUPT: CacheCorruptError,
    Code.DISK_FULL: DiskFullError,
    Code.OFFLINE: OfflineError,
    Code.SHRINK: ShrinkError,
    Code.SCOPE_CHANGED: ScopeChangedError,
    Code.NOT_FRESH: NotFreshError,
    Code.STOPPED: StoppedError,
    Code.OUTCOME_UNKNOWN: OutcomeUnknownError,
    Code.CERTIFICATE: CertificateError,
}

#: How the library begins a message about an argument.
_FIELD = re.compile(
    r"([a-z_]+(?:\[\d+\])?(?:\.[a-z_]+)*): "
    r"|([a-z_]+) as an export has them "
    r"|(?:a|an) (?:customer )?(business_id|cache_path|address|token|id) (?:of|like) "
)


def field_of(message: str) -> str:
    """The argument that a message of the library begins with; empty when it names none."""
    found = _FIELD.match(message)
    return next(filter(None, found.groups()), "") if found else ""


def invalid(field: str, message: str) -> InvalidError:
    """An argument that is refused before the library sees it, in the library's words."""
    return InvalidError(Code.INVALID, f"{field}: {message}", field=field)


def taken(status: int, error: int | None) -> KhachError:
    """What the library reported, whose error is freed."""
    code = Code(status)
    message = str(lib.khach_error_message(error).decode())
    reason = str(lib.khach_error_reason(error).decode())
    is_retryable = bool(lib.khach_error_is_retryable(error))
    lib.khach_error_free(error)
    return CLASSES[code](
        code,
        message,
        reason=reason,
        field=field_of(message) if code is Code.INVALID else "",
        is_retryable=is_retryable,
    )


def _again(
    kind: type[KhachError], code: Code, message: str, reason: str, field: str, is_retryable: bool
) -> KhachError:
    return kind(code, message, reason=reason, field=field, is_retryable=is_retryable)
