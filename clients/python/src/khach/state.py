"""How a cache is: what it holds, what a sync brought, what a comparison found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from . import _ffi, _values
from ._ffi import lib
from .errors import Code


class Phase(IntEnum):
    """How far a cache has come."""

    EMPTY = 0
    """Nothing was ever pulled: no answer about customers can be given."""
    SNAPSHOT = 1
    """The first pass is under way: what is there is true, but not all is there."""
    COMPLETE = 2
    """Every customer is there."""


class Cause(IntEnum):
    """Why a cache was compared with its server."""

    UNKNOWN = -1
    NONE = 0
    ASKED = 1
    GENERATION = 2
    AHEAD = 3
    CURSOR = 4
    SCOPE = 5
    HORIZON = 6

    @classmethod
    def _missing_(cls, value: object) -> Cause:
        return cls.UNKNOWN


class StepKind(IntEnum):
    """What a step of a sync does."""

    PULL = 0
    """It follows the feed."""
    COMPARE = 1
    """It compares the cache with the server."""
    REPAIR = 2
    """It fetches what differs."""


@dataclass(frozen=True, slots=True)
class SyncProgress:
    """What one page of changes, or a whole sync, brought."""

    kind: StepKind
    has_more: bool
    phase: Phase
    #: Customers that were new or changed, and that were erased or linked.
    upserts_count: int
    tombstones_count: int
    #: Bytes on the wire.
    page_bytes: int
    #: The last commit sequence that the cache covers, and the server's own.
    seq: int
    head_seq: int
    #: Customers in the cache, and the server's guess of how many there will be.
    customers_count: int
    customers_estimate: int
    #: Edits of the outbox that were answered, and those that wait still.
    pushed_count: int
    waiting_count: int

    def plus(self, later: SyncProgress) -> SyncProgress:
        """The sums of two, as of the later."""
        return SyncProgress(
            kind=later.kind,
            has_more=later.has_more,
            phase=later.phase,
            upserts_count=self.upserts_count + later.upserts_count,
            tombstones_count=self.tombstones_count + later.tombstones_count,
            page_bytes=self.page_bytes + later.page_bytes,
            seq=later.seq,
            head_seq=later.head_seq,
            customers_count=later.customers_count,
            customers_estimate=later.customers_estimate,
            pushed_count=self.pushed_count + later.pushed_count,
            waiting_count=later.waiting_count,
        )


@dataclass(frozen=True, slots=True)
class CacheState:
    """What a cache holds, and of when. Times are the server's clock."""

    phase: Phase
    schema_version: int
    #: Before names are indexed, a search reads every name.
    is_search_indexed: bool
    #: Why the last sync failed; None when it did not.
    last_failure: Code | None
    seq: int
    head_seq: int
    #: When the cache last had everything; None when it never had.
    as_of_ms: int | None
    customers_count: int
    #: When, and at which commit sequence, it was last found equal to the server, byte for byte.
    verified_at_ms: int | None
    verified_seq: int
    #: A comparison is owed, or begun and not ended: sync.
    is_repairing: bool
    #: The server's own digests did not add up.
    is_unverified: bool
    repairs_count: int
    repaired_rows_count: int
    last_cause: Cause
    full_resyncs_count: int
    #: Edits without an outcome, and those that were not done and that nobody has looked after.
    waiting_count: int
    failed_count: int
    #: Records that this library cannot read, put aside: they are in no answer.
    quarantined_count: int

    @property
    def as_of(self) -> datetime | None:
        """When the cache last had everything, in UTC."""
        return _values.moment(self.as_of_ms)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a comparison of a cache with its server found and did."""

    cause: Cause
    #: Cache and server were equal, byte for byte: after the repair, if there was one.
    is_equal: bool
    #: The server's own digests did not add up.
    is_unverified: bool
    #: Customers of the server.
    rows_count: int
    #: Rows of the cache that were other than what the server had sent.
    damaged_count: int
    #: Rows that the cache did not have, or not as new.
    missing_count: int
    #: Rows that the server does not have.
    surplus_count: int
    fetched_count: int
    dropped_count: int
    received_bytes: int
    compared_bytes: int


@dataclass(frozen=True, slots=True)
class CacheDifference:
    """What has changed since a cache was last offline, for more than ten minutes."""

    #: Of the cache when it went offline; 0 and None before its first pass has ended.
    since_seq: int
    since_ms: int | None
    new_count: int
    gone_count: int
    blocked_count: int
    unblocked_count: int
    got_phone_count: int
    got_email_count: int
    #: All of those that were touched, whatever it was.
    changed_count: int
    #: Of `gone_count`: those of pages that the caller may see no longer.
    out_of_scope_count: int


class Presence(IntEnum):
    """What the answers of a cache have of a customer."""

    ABSENT = 0
    NOT_YET = 1
    PRESENT = 2
    OLDER = 3
    PUT_ASIDE = 4
    #: It has left together with the right to see its page, and may well exist.
    OUT_OF_SCOPE = 5


class ServerWord(IntEnum):
    """What the server says of a customer."""

    NOT_ASKED = 0
    SILENT = 1
    SAME = 2
    OTHER = 3
    NONE = 4


@dataclass(frozen=True, slots=True)
class CacheExplanation:
    """Why a customer is, or is not, in the answers of a cache."""

    presence: Presence
    #: What is derived of the row is not what its record says: repair.
    is_damaged: bool
    #: Of the state that is answered; "" and 0 for none.
    page_id: str
    seq: int
    #: The page is not, or no longer, one of the business.
    is_page_unknown: bool
    #: Of the state that was put aside.
    quarantined_seq: int
    quarantine_reason: str
    quarantine_library: str
    #: Edits made here that have no outcome yet.
    pending_count: int
    phase: Phase
    cache_seq: int
    as_of_ms: int | None
    server_word: ServerWord
    server_seq: int


class Grade(IntEnum):
    """How good a finding is."""

    GOOD = 0
    NOTE = 1
    """Nothing is wrong yet, or it mends itself."""
    BAD = 2
    """Somebody has to do something."""


@dataclass(frozen=True, slots=True)
class CacheFinding:
    """One thing that was looked at in a cache."""

    name: str
    grade: Grade
    #: For people.
    text: str


def progress(found: _ffi.SyncProgress) -> SyncProgress:
    """Copies what a step brought."""
    return SyncProgress(
        kind=StepKind(found.step_kind),
        has_more=found.has_more != 0,
        phase=Phase(found.phase),
        upserts_count=found.upserts_count,
        tombstones_count=found.tombstones_count,
        page_bytes=found.page_bytes,
        seq=found.seq,
        head_seq=found.head_seq,
        customers_count=found.customers_count,
        customers_estimate=found.customers_estimate,
        pushed_count=found.pushed_count,
        waiting_count=found.waiting_count,
    )


def cache_state(found: _ffi.CacheState) -> CacheState:
    """Copies what a cache holds."""
    return CacheState(
        phase=Phase(found.phase),
        schema_version=found.schema_version,
        is_search_indexed=found.is_search_indexed != 0,
        last_failure=Code(found.last_status) if found.last_status else None,
        seq=found.seq,
        head_seq=found.head_seq,
        as_of_ms=_values.known(found.as_of_ms),
        customers_count=found.customers_count,
        verified_at_ms=_values.known(found.verified_at_ms),
        verified_seq=found.verified_seq,
        is_repairing=found.is_repairing != 0,
        is_unverified=found.is_unverified != 0,
        repairs_count=found.repairs_count,
        repaired_rows_count=found.repaired_rows_count,
        last_cause=Cause(found.last_cause),
        full_resyncs_count=found.full_resyncs_count,
        waiting_count=found.waiting_count,
        failed_count=found.failed_count,
        quarantined_count=found.quarantined_count,
    )


def comparison(found: _ffi.Comparison) -> Comparison:
    """Copies what a comparison found."""
    return Comparison(
        cause=Cause(found.cause),
        is_equal=found.is_equal != 0,
        is_unverified=found.is_unverified != 0,
        rows_count=found.rows_count,
        damaged_count=found.damaged_count,
        missing_count=found.missing_count,
        surplus_count=found.surplus_count,
        fetched_count=found.fetched_count,
        dropped_count=found.dropped_count,
        received_bytes=found.received_bytes,
        compared_bytes=found.compared_bytes,
    )


def difference(found: _ffi.Difference) -> CacheDifference:
    """Copies what has changed."""
    return CacheDifference(
        since_seq=found.since_seq,
        since_ms=_values.known(found.since_ms),
        new_count=found.new_count,
        gone_count=found.gone_count,
        blocked_count=found.blocked_count,
        unblocked_count=found.unblocked_count,
        got_phone_count=found.got_phone_count,
        got_email_count=found.got_email_count,
        changed_count=found.changed_count,
        out_of_scope_count=found.out_of_scope_count,
    )


def explanation(found: _ffi.Explanation) -> CacheExplanation:
    """Copies why a customer is there or not."""
    return CacheExplanation(
        presence=Presence(found.presence),
        is_damaged=found.is_damaged != 0,
        page_id=found.page_id.decode(),
        seq=found.seq,
        is_page_unknown=found.is_page_unknown != 0,
        quarantined_seq=found.quarantined_seq,
        quarantine_reason=found.quarantine_reason.decode(errors="replace"),
        quarantine_library=found.quarantine_library.decode(errors="replace"),
        pending_count=found.pending_count,
        phase=Phase(found.phase),
        cache_seq=found.cache_seq,
        as_of_ms=_values.known(found.as_of_ms),
        server_word=ServerWord(found.server_word),
        server_seq=found.server_seq,
    )


def findings(handle: int | None) -> tuple[CacheFinding, ...]:
    """Copies a checkup."""
    return tuple(
        CacheFinding(
            name=lib.khach_checkup_name_at(handle, index).decode(),
            grade=Grade(lib.khach_checkup_finding_at(handle, index)),
            text=lib.khach_checkup_text_at(handle, index).decode(errors="replace"),
        )
        for index in range(lib.khach_checkup_count(handle))
    )
