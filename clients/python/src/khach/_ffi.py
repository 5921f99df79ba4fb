"""Every struct and prototype of libkhach 0.1 that Python calls, and nothing else.

`tests/test_contract.py` compares all of it with the headers, as the C compiler sees them.
"""

from __future__ import annotations

import ctypes
import os
from ctypes import (
    CFUNCTYPE,
    POINTER,
    Structure,
    c_char,
    c_char_p,
    c_int,
    c_int32,
    c_int64,
    c_size_t,
    c_uint8,
    c_uint32,
    c_uint64,
    c_void_p,
)
from typing import Any, ClassVar

VERSION = (0, 1)
POSITION_BYTES_MAX = 64
REPAIR_ACCEPT_SHRINK = 1

TEXTS = POINTER(c_char_p)
NUMBERS = POINTER(c_int32)


class CStruct(Structure):
    """A struct of the headers."""

    #: Its name there.
    C: ClassVar[str]


class Sized(CStruct):
    """A struct whose first field is its size, as this file knows it; the rest is zero.

    The library refuses a size that it does not know, so no field is read at a wrong place. The
    `_init` functions would write as many bytes as the library knows, and are left alone.
    """

    def __init__(self, **values: Any) -> None:
        super().__init__(struct_size=ctypes.sizeof(type(self)), **values)


class Options(Sized):
    C = "khach_options"
    _fields_ = [
        ("struct_size", c_size_t),
        ("address", c_char_p),
        ("business_id", c_char_p),
        ("cache_path", c_char_p),
        ("connect_timeout_ms", c_uint32),
        ("call_timeout_ms", c_uint32),
        ("page_rows", c_uint32),
        ("page_bytes", c_uint32),
        ("lock_timeout_ms", c_uint32),
        ("token", c_char_p),
        ("ca_file", c_char_p),
        ("certificate_file", c_char_p),
        ("key_file", c_char_p),
    ]


class Query(Sized):
    C = "khach_query"
    _fields_ = [
        ("struct_size", c_size_t),
        ("page_ids", TEXTS),
        ("page_id_count", c_size_t),
        ("created_from", c_char_p),
        ("created_to", c_char_p),
        ("limit", c_uint32),
        ("after", c_char_p),
        ("channels", NUMBERS),
        ("channel_count", c_size_t),
        ("name_statuses", NUMBERS),
        ("name_status_count", c_size_t),
        ("name", c_char_p),
        ("messaged_from", c_char_p),
        ("messaged_to", c_char_p),
        ("messaged_kind", c_int32),
        ("has_phone", c_int32),
        ("has_email", c_int32),
        ("blocked", c_int32),
        ("order", c_int32),
    ]


class StatisticsQuery(Sized):
    C = "khach_statistics_query"
    _fields_ = [
        ("struct_size", c_size_t),
        ("page_ids", TEXTS),
        ("page_id_count", c_size_t),
        ("channels", NUMBERS),
        ("channel_count", c_size_t),
        ("day_from", c_char_p),
        ("day_to", c_char_p),
        ("grouping", c_int32),
        ("basis", c_int32),
    ]


class SyncProgress(Sized):
    C = "khach_sync_progress"
    _fields_ = [
        ("struct_size", c_size_t),
        ("has_more", c_int32),
        ("phase", c_int32),
        ("upserts_count", c_uint64),
        ("tombstones_count", c_uint64),
        ("page_bytes", c_uint64),
        ("seq", c_uint64),
        ("head_seq", c_uint64),
        ("customers_count", c_uint64),
        ("customers_estimate", c_uint64),
        ("step_kind", c_int32),
        ("pushed_count", c_uint64),
        ("waiting_count", c_uint64),
    ]


class CacheState(Sized):
    C = "khach_cache_state"
    _fields_ = [
        ("struct_size", c_size_t),
        ("phase", c_int32),
        ("schema_version", c_int32),
        ("is_search_indexed", c_int32),
        ("last_status", c_int32),
        ("seq", c_uint64),
        ("head_seq", c_uint64),
        ("as_of_ms", c_int64),
        ("customers_count", c_uint64),
        ("verified_at_ms", c_int64),
        ("verified_seq", c_uint64),
        ("is_repairing", c_int32),
        ("is_unverified", c_int32),
        ("repairs_count", c_uint64),
        ("repaired_rows_count", c_uint64),
        ("last_cause", c_int32),
        ("full_resyncs_count", c_uint64),
        ("waiting_count", c_uint64),
        ("failed_count", c_uint64),
        ("quarantined_count", c_uint64),
    ]


class Comparison(Sized):
    C = "khach_comparison"
    _fields_ = [
        ("struct_size", c_size_t),
        ("cause", c_int32),
        ("is_equal", c_int32),
        ("is_unverified", c_int32),
        ("rows_count", c_uint64),
        ("damaged_count", c_uint64),
        ("missing_count", c_uint64),
        ("surplus_count", c_uint64),
        ("fetched_count", c_uint64),
        ("dropped_count", c_uint64),
        ("received_bytes", c_uint64),
        ("compared_bytes", c_uint64),
    ]


class Difference(Sized):
    C = "khach_difference"
    _fields_ = [
        ("struct_size", c_size_t),
        ("since_seq", c_uint64),
        ("since_ms", c_int64),
        ("new_count", c_uint64),
        ("gone_count", c_uint64),
        ("blocked_count", c_uint64),
        ("unblocked_count", c_uint64),
        ("got_phone_count", c_uint64),
        ("got_email_count", c_uint64),
        ("changed_count", c_uint64),
        ("out_of_scope_count", c_uint64),
    ]


class Explanation(Sized):
    C = "khach_explanation"
    _fields_ = [
        ("struct_size", c_size_t),
        ("presence", c_int32),
        ("is_damaged", c_int32),
        ("page_id", c_char * 16),
        ("seq", c_uint64),
        ("is_page_unknown", c_int32),
        ("quarantined_seq", c_uint64),
        ("quarantine_reason", c_char * 128),
        ("quarantine_library", c_char * 32),
        ("pending_count", c_uint64),
        ("phase", c_int32),
        ("cache_seq", c_uint64),
        ("as_of_ms", c_int64),
        ("server_word", c_int32),
        ("server_seq", c_uint64),
    ]


class Edit(Sized):
    C = "khach_edit"
    _fields_ = [
        ("struct_size", c_size_t),
        ("kind", c_int32),
        ("contact_kind", c_int32),
        ("customer_id", c_char_p),
        ("actor", c_char_p),
        ("text", c_char_p),
    ]


class ExportOptions(Sized):
    C = "khach_export_options"
    _fields_ = [
        ("struct_size", c_size_t),
        ("query", POINTER(Query)),
        ("ids", TEXTS),
        ("id_count", c_size_t),
        ("one_page", c_int32),
        ("format", c_int32),
        ("language", c_int32),
        ("mask_contacts", c_int32),
        ("columns", TEXTS),
        ("column_count", c_size_t),
        ("separator", c_char_p),
        ("without_bom", c_int32),
        ("fd", c_int32),
        ("temporary_folder", c_char_p),
        ("sheet_rows_max", c_uint32),
    ]


class ExportProgress(Sized):
    C = "khach_export_progress"
    _fields_ = [
        ("struct_size", c_size_t),
        ("is_finished", c_int32),
        ("is_complete", c_int32),
        ("rows_done", c_uint64),
        ("rows_total", c_uint64),
        ("seq", c_uint64),
        ("as_of_ms", c_int64),
    ]


class WatchReport(CStruct):
    """Made by the library, which sets its size; fields are only appended."""

    C = "khach_watch_report"
    _fields_ = [
        ("struct_size", c_size_t),
        ("state", c_int32),
        ("status", c_int32),
        ("wait_ms", c_uint32),
        ("seq", c_uint64),
        ("head_seq", c_uint64),
        ("as_of_ms", c_int64),
        ("verified_at_ms", c_int64),
        ("customers_count", c_uint64),
        ("message", c_char_p),
        ("waiting_count", c_uint64),
        ("failed_count", c_uint64),
    ]


WATCH_CALLBACK = CFUNCTYPE(None, c_void_p, POINTER(WatchReport))


class WatchOptions(Sized):
    C = "khach_watch_options"
    _fields_ = [
        ("struct_size", c_size_t),
        ("callback", WATCH_CALLBACK),
        ("context", c_void_p),
        ("silence_ms", c_uint32),
        ("pull_ms", c_uint32),
        ("backoff_ms", c_uint32),
        ("backoff_max_ms", c_uint32),
        ("seed", c_uint64),
    ]


STRUCTS: tuple[type[CStruct], ...] = (
    Options,
    Query,
    StatisticsQuery,
    SyncProgress,
    CacheState,
    Comparison,
    Difference,
    Explanation,
    Edit,
    ExportOptions,
    ExportProgress,
    WatchReport,
    WatchOptions,
)

_HANDLE = c_void_p
_OUT = POINTER(c_void_p)
_STATUS = c_int

#: name: (what it gives, what it takes). Handles are `c_void_p`.
PROTOTYPES: dict[str, tuple[Any, list[Any]]] = {
    "khach_version_number": (c_uint32, []),
    "khach_version_string": (c_char_p, []),
    # error.h
    "khach_status_name": (c_char_p, [_STATUS]),
    "khach_error_message": (c_char_p, [_HANDLE]),
    "khach_error_reason": (c_char_p, [_HANDLE]),
    "khach_error_is_retryable": (c_int, [_HANDLE]),
    "khach_error_free": (None, [_HANDLE]),
    # client.h
    "khach_client_open": (_STATUS, [_OUT, POINTER(Options), _OUT]),
    "khach_client_close": (None, [_HANDLE]),
    # sync.h
    "khach_sync_step": (_STATUS, [_HANDLE, POINTER(SyncProgress), _OUT]),
    "khach_verify": (_STATUS, [_HANDLE, POINTER(Comparison), _OUT]),
    "khach_repair": (_STATUS, [_HANDLE, c_uint32, POINTER(Comparison), _OUT]),
    "khach_sync_restart": (_STATUS, [_HANDLE, _OUT]),
    "khach_cache_state_read": (_STATUS, [_HANDLE, POINTER(CacheState), _OUT]),
    "khach_changes_fd": (_STATUS, [POINTER(c_int), _HANDLE, _OUT]),
    "khach_changes_take": (_STATUS, [POINTER(c_int32), _HANDLE, _OUT]),
    # position.h
    "khach_position_read": (_STATUS, [_HANDLE, POINTER(c_char), c_size_t, _OUT]),
    "khach_wait_for": (_STATUS, [_HANDLE, c_char_p, c_uint32, _OUT]),
    # query.h
    "khach_get": (_STATUS, [_OUT, _HANDLE, c_char_p, _OUT]),
    "khach_list": (_STATUS, [_OUT, _HANDLE, POINTER(Query), _OUT]),
    "khach_count": (_STATUS, [POINTER(c_uint64), _HANDLE, POINTER(Query), _OUT]),
    "khach_search": (_STATUS, [_OUT, _HANDLE, c_char_p, POINTER(Query), _OUT]),
    "khach_pages": (_STATUS, [_OUT, _HANDLE, _OUT]),
    # customer.h
    "khach_customer_free": (None, [_HANDLE]),
    "khach_customer_id": (c_char_p, [_HANDLE]),
    "khach_customer_page_id": (c_char_p, [_HANDLE]),
    "khach_customer_external_user_id": (c_char_p, [_HANDLE]),
    "khach_customer_name": (c_char_p, [_HANDLE]),
    "khach_customer_display_name": (c_char_p, [_HANDLE]),
    "khach_customer_name_status": (c_int32, [_HANDLE]),
    "khach_customer_channel": (c_int32, [_HANDLE]),
    "khach_customer_created_at_ms": (c_int64, [_HANDLE]),
    "khach_customer_first_recorded_at_ms": (c_int64, [_HANDLE]),
    "khach_customer_first_inbound_at_ms": (c_int64, [_HANDLE]),
    "khach_customer_last_inbound_at_ms": (c_int64, [_HANDLE]),
    "khach_customer_last_outbound_at_ms": (c_int64, [_HANDLE]),
    "khach_customer_phone_count": (c_size_t, [_HANDLE]),
    "khach_customer_phone_at": (c_char_p, [_HANDLE, c_size_t]),
    "khach_customer_phone_is_rejected": (c_int32, [_HANDLE, c_size_t]),
    "khach_customer_phone_is_pinned": (c_int32, [_HANDLE, c_size_t]),
    "khach_customer_email_count": (c_size_t, [_HANDLE]),
    "khach_customer_email_at": (c_char_p, [_HANDLE, c_size_t]),
    "khach_customer_email_is_rejected": (c_int32, [_HANDLE, c_size_t]),
    "khach_customer_email_is_pinned": (c_int32, [_HANDLE, c_size_t]),
    "khach_customer_address": (c_char_p, [_HANDLE]),
    "khach_customer_block_state": (c_int32, [_HANDLE]),
    "khach_customer_block_since_ms": (c_int64, [_HANDLE]),
    "khach_customer_record": (POINTER(c_uint8), [_HANDLE, POINTER(c_size_t)]),
    "khach_customer_is_pending": (c_int32, [_HANDLE]),
    "khach_customer_seq": (c_uint64, [_HANDLE]),
    "khach_customer_list_count": (c_size_t, [_HANDLE]),
    "khach_customer_list_at": (_HANDLE, [_HANDLE, c_size_t]),
    "khach_customer_list_next": (c_char_p, [_HANDLE]),
    "khach_customer_list_seq": (c_uint64, [_HANDLE]),
    "khach_customer_list_is_complete": (c_int32, [_HANDLE]),
    "khach_customer_list_free": (None, [_HANDLE]),
    "khach_page_list_count": (c_size_t, [_HANDLE]),
    "khach_page_list_id_at": (c_char_p, [_HANDLE, c_size_t]),
    "khach_page_list_name_at": (c_char_p, [_HANDLE, c_size_t]),
    "khach_page_list_external_id_at": (c_char_p, [_HANDLE, c_size_t]),
    "khach_page_list_channel_at": (c_int32, [_HANDLE, c_size_t]),
    "khach_page_list_business_id": (c_char_p, [_HANDLE]),
    "khach_page_list_business_name": (c_char_p, [_HANDLE]),
    "khach_page_list_business_zone": (c_char_p, [_HANDLE]),
    "khach_page_list_free": (None, [_HANDLE]),
    # statistics.h
    "khach_statistics_read": (_STATUS, [_OUT, _HANDLE, POINTER(StatisticsQuery), _OUT]),
    "khach_statistics_row_count": (c_size_t, [_HANDLE]),
    "khach_statistics_row_day_at": (c_char_p, [_HANDLE, c_size_t]),
    "khach_statistics_row_page_id_at": (c_char_p, [_HANDLE, c_size_t]),
    "khach_statistics_row_channel_at": (c_int32, [_HANDLE, c_size_t]),
    "khach_statistics_row_measure_at": (c_uint64, [_HANDLE, c_size_t, c_int32]),
    "khach_statistics_total_count": (c_size_t, [_HANDLE]),
    "khach_statistics_total_page_id_at": (c_char_p, [_HANDLE, c_size_t]),
    "khach_statistics_total_channel_at": (c_int32, [_HANDLE, c_size_t]),
    "khach_statistics_total_measure_at": (c_uint64, [_HANDLE, c_size_t, c_int32]),
    "khach_statistics_seq": (c_uint64, [_HANDLE]),
    "khach_statistics_free": (None, [_HANDLE]),
    # outbox.h
    "khach_mutate": (_STATUS, [_HANDLE, POINTER(Edit), POINTER(c_uint64), _OUT]),
    "khach_outbox_list_read": (_STATUS, [_HANDLE, _OUT, _OUT]),
    "khach_outbox_retry": (_STATUS, [_HANDLE, c_uint64, POINTER(c_uint64), _OUT]),
    "khach_outbox_discard": (_STATUS, [_HANDLE, c_uint64, _OUT]),
    "khach_outbox_list_count": (c_size_t, [_HANDLE]),
    "khach_outbox_list_id_at": (c_uint64, [_HANDLE, c_size_t]),
    "khach_outbox_list_customer_at": (c_char_p, [_HANDLE, c_size_t]),
    "khach_outbox_list_kind_at": (c_int32, [_HANDLE, c_size_t]),
    "khach_outbox_list_contact_kind_at": (c_int32, [_HANDLE, c_size_t]),
    "khach_outbox_list_text_at": (c_char_p, [_HANDLE, c_size_t]),
    "khach_outbox_list_actor_at": (c_char_p, [_HANDLE, c_size_t]),
    "khach_outbox_list_made_at_ms_at": (c_int64, [_HANDLE, c_size_t]),
    "khach_outbox_list_state_at": (c_int32, [_HANDLE, c_size_t]),
    "khach_outbox_list_reason_at": (c_char_p, [_HANDLE, c_size_t]),
    "khach_outbox_list_message_at": (c_char_p, [_HANDLE, c_size_t]),
    "khach_outbox_list_stored_at": (c_char_p, [_HANDLE, c_size_t]),
    "khach_outbox_list_stored_by_at": (c_char_p, [_HANDLE, c_size_t]),
    "khach_outbox_list_seq_at": (c_uint64, [_HANDLE, c_size_t]),
    "khach_outbox_list_free": (None, [_HANDLE]),
    # look.h
    "khach_difference_read": (_STATUS, [POINTER(Difference), _HANDLE, _OUT]),
    "khach_explain": (_STATUS, [POINTER(Explanation), _HANDLE, c_char_p, _OUT]),
    "khach_checkup_make": (_STATUS, [_OUT, _HANDLE, _OUT]),
    "khach_checkup_count": (c_size_t, [_HANDLE]),
    "khach_checkup_name_at": (c_char_p, [_HANDLE, c_size_t]),
    "khach_checkup_finding_at": (c_int32, [_HANDLE, c_size_t]),
    "khach_checkup_text_at": (c_char_p, [_HANDLE, c_size_t]),
    "khach_checkup_free": (None, [_HANDLE]),
    "khach_wipe": (_STATUS, [c_char_p, _OUT]),
    # export_file.h
    "khach_export_open": (_STATUS, [_OUT, _HANDLE, POINTER(ExportOptions), _OUT]),
    "khach_export_step": (_STATUS, [_HANDLE, POINTER(ExportProgress), _OUT]),
    "khach_export_close": (None, [_HANDLE]),
    # watch.h
    "khach_watch_open": (_STATUS, [_OUT, _HANDLE, POINTER(WatchOptions), _OUT]),
    "khach_watch_run": (_STATUS, [_HANDLE, _OUT]),
    "khach_watch_stop": (None, [_HANDLE]),
    "khach_watch_close": (None, [_HANDLE]),
}


class Library:
    """The functions of `PROTOTYPES` as attributes.

    What may block releases the interpreter's lock; what reads a value keeps it, since to give it
    away for each value of each row costs more than the value, and more when other threads wait.
    """

    def __init__(self, name: str) -> None:
        try:
            blocking, reading = ctypes.CDLL(name), ctypes.PyDLL(name)
        except OSError as error:
            raise ImportError(
                f"libkhach expected at {name} (KHACH_LIBRARY names another place): {error}"
            ) from error
        for function, (gives, takes) in PROTOTYPES.items():
            # A call that can fail has an error to give; closing may write to the disk.
            may_block = _OUT in takes or function.endswith("_close")
            try:
                prototype = getattr(blocking if may_block else reading, function)
            except AttributeError as error:
                raise ImportError(f"{function} expected in {name}, none found") from error
            prototype.restype = gives
            prototype.argtypes = takes
            setattr(self, function, prototype)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{name} expected in PROTOTYPES, none found")


def load(path: str | None = None) -> Library:
    """The library at `path`, else at `KHACH_LIBRARY`, else the system's `libkhach.so.0`."""
    name = path or os.environ.get("KHACH_LIBRARY") or "libkhach.so.0"
    library = Library(name)
    number = int(library.khach_version_number())
    found = (number // 1_000_000, number // 1_000 % 1_000)
    if found != VERSION:
        raise ImportError(
            f"libkhach {VERSION[0]}.{VERSION[1]} expected at {name}, {found[0]}.{found[1]} found"
        )
    return library


lib = load()
