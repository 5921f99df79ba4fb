"""Customers as a cache has them, and which of them are asked for."""

from __future__ import annotations

import ctypes
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from itertools import repeat

from . import _ffi, _values
from ._ffi import lib
from ._values import Day


class NameStatus(IntEnum):
    """How far a name can be trusted."""

    UNKNOWN = 0
    REAL = 1
    USERNAME = 2
    MASKED = 3
    PLACEHOLDER = 4

    @classmethod
    def _missing_(cls, value: object) -> NameStatus:
        return cls.UNKNOWN


class Channel(IntEnum):
    """The chat platform; a number that this version does not know is `UNKNOWN`."""

    UNKNOWN = 0
    FACEBOOK = 1
    INSTAGRAM = 2
    ZALO_OA = 3
    SHOPEE = 4
    LAZADA = 5
    TIKTOK_SHOP = 6
    WEB_CHAT = 7
    OTHER = 8

    @classmethod
    def _missing_(cls, value: object) -> Channel:
        return cls.UNKNOWN


class BlockState(IntEnum):
    """How far blocking has come."""

    UNKNOWN = 0
    NONE = 1
    PENDING_BLOCK = 2
    BLOCKED = 3
    PENDING_UNBLOCK = 4

    @classmethod
    def _missing_(cls, value: object) -> BlockState:
        return cls.UNKNOWN


class Activity(IntEnum):
    """Which of a customer's interactions count as having written."""

    ANY = 1
    MESSAGES = 2
    COMMENTS = 3


class Order(IntEnum):
    """The order of a list; the id is its last key."""

    UNSPECIFIED = 0
    """By relevance when there is a name to search for, else the newest first."""
    CREATED_DESCENDING = 1
    CREATED_ASCENDING = 2
    LAST_INBOUND_DESCENDING = 3
    """Those who never wrote come last."""
    RELEVANCE = 4
    """Only with a name."""


@dataclass(frozen=True, slots=True)
class ContactPoint:
    """A phone in E.164, or an e-mail address in lower case."""

    value: str
    #: An agent said that it is not the customer's.
    is_rejected: bool
    #: An agent made it the primary one.
    is_pinned: bool


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer as the server recorded it. Times are milliseconds since 1970 UTC."""

    id: str
    page_id: str
    #: The channel's own id of the person on this page.
    external_user_id: str
    #: Empty when no name is known.
    name: str
    #: The name, or the channel's text for a person without one.
    display_name: str
    name_status: NameStatus
    channel: Channel
    created_at_ms: int
    first_recorded_at_ms: int
    first_inbound_at_ms: int | None
    last_inbound_at_ms: int | None
    last_outbound_at_ms: int | None
    #: Primary first.
    phones: tuple[ContactPoint, ...]
    #: Primary first.
    emails: tuple[ContactPoint, ...]
    #: Entered by hand; empty when nobody did.
    address: str
    block_state: BlockState
    block_since_ms: int | None
    #: The commit sequence of this state of the customer.
    seq: int
    #: Edits that wait in the outbox are shown.
    is_pending: bool
    #: The encoded `khach.v1.Customer`, byte for byte as the server sent it unless `is_pending`.
    record: bytes

    @property
    def created_at(self) -> datetime | None:
        """The earliest interaction, in UTC."""
        return _values.moment(self.created_at_ms)

    @property
    def last_inbound_at(self) -> datetime | None:
        """When the customer wrote last, in UTC; None for never."""
        return _values.moment(self.last_inbound_at_ms)

    @property
    def is_blocked(self) -> bool:
        """As the filter has it: blocked, and no end of it confirmed."""
        return self.block_state in (BlockState.BLOCKED, BlockState.PENDING_UNBLOCK)

    @property
    def phone(self) -> str | None:
        """The primary phone that nobody rejected."""
        return next((phone.value for phone in self.phones if not phone.is_rejected), None)

    @property
    def email(self) -> str | None:
        """The primary e-mail address that nobody rejected."""
        return next((email.value for email in self.emails if not email.is_rejected), None)


@dataclass(frozen=True, slots=True)
class CustomerList:
    """Customers in order, as of one commit sequence."""

    customers: tuple[Customer, ...]
    #: Continues after this list; None on the last page.
    next: str | None
    #: The commit sequence that the list shows.
    seq: int
    #: False while the first pass is under way: customers may be missing.
    is_complete: bool

    def __len__(self) -> int:
        return len(self.customers)

    def __iter__(self) -> Iterator[Customer]:
        return iter(self.customers)


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerFilter:
    """Which customers; all conditions hold together. Days are local days, both inclusive."""

    #: Empty means every page of the business; at most 1,000.
    page_ids: Sequence[str] = ()
    created_from: Day | None = None
    created_to: Day | None = None
    #: Empty means every channel.
    channels: Collection[Channel] = ()
    #: Empty means every status.
    name_statuses: Collection[NameStatus] = ()
    #: Every word begins a different word of the name, marks and case aside.
    name: str | None = None
    #: The customer wrote on some local day of these.
    messaged_from: Day | None = None
    messaged_to: Day | None = None
    messaged_kind: Activity = Activity.ANY
    #: One that nobody rejected is there.
    has_phone: bool | None = None
    has_email: bool | None = None
    is_blocked: bool | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the business."""

    id: str
    name: str
    external_id: str
    channel: Channel


@dataclass(frozen=True, slots=True)
class Business:
    """The business that a cache is of."""

    id: str
    name: str
    #: The IANA zone in which its days are counted.
    zone: str
    pages: tuple[Page, ...]


# To call an enumeration costs as much as to call C.
_NAME_STATUSES = {status.value: status for status in NameStatus}
_CHANNELS = {channel.value: channel for channel in Channel}
_BLOCK_STATES = {state.value: state for state in BlockState}


def query(
    wanted: CustomerFilter | None,
    order: Order = Order.UNSPECIFIED,
    limit: int = 0,
    after: str | None = None,
) -> _ffi.Query:
    """The filter as C has it; what it points to lives as long as it does."""
    given = wanted if wanted is not None else CustomerFilter()
    page_ids, page_id_count = _values.texts("page_ids", given.page_ids)
    channels, channel_count = _values.numbers("channels", given.channels)
    statuses, status_count = _values.numbers("name_statuses", given.name_statuses)
    return _ffi.Query(
        page_ids=page_ids,
        page_id_count=page_id_count,
        created_from=_values.day("created_from", given.created_from),
        created_to=_values.day("created_to", given.created_to),
        limit=_values.number("limit", limit),
        after=_values.text("after", after),
        channels=channels,
        channel_count=channel_count,
        name_statuses=statuses,
        name_status_count=status_count,
        name=_values.text("name", given.name),
        messaged_from=_values.day("messaged_from", given.messaged_from),
        messaged_to=_values.day("messaged_to", given.messaged_to),
        messaged_kind=_values.number("messaged_kind", given.messaged_kind),
        has_phone=_values.ternary(given.has_phone),
        has_email=_values.ternary(given.has_email),
        blocked=_values.ternary(given.is_blocked),
        order=_values.number("order", order),
    )


def customer(handle: int | None) -> Customer:
    """Copies what the library has decoded."""
    bytes_count = ctypes.c_size_t()
    record = lib.khach_customer_record(handle, ctypes.byref(bytes_count))
    return Customer(
        id=lib.khach_customer_id(handle).decode(),
        page_id=lib.khach_customer_page_id(handle).decode(),
        external_user_id=lib.khach_customer_external_user_id(handle).decode(),
        name=lib.khach_customer_name(handle).decode(),
        display_name=lib.khach_customer_display_name(handle).decode(),
        name_status=_NAME_STATUSES.get(lib.khach_customer_name_status(handle), NameStatus.UNKNOWN),
        channel=_CHANNELS.get(lib.khach_customer_channel(handle), Channel.UNKNOWN),
        created_at_ms=lib.khach_customer_created_at_ms(handle),
        first_recorded_at_ms=lib.khach_customer_first_recorded_at_ms(handle),
        first_inbound_at_ms=_values.known(lib.khach_customer_first_inbound_at_ms(handle)),
        last_inbound_at_ms=_values.known(lib.khach_customer_last_inbound_at_ms(handle)),
        last_outbound_at_ms=_values.known(lib.khach_customer_last_outbound_at_ms(handle)),
        phones=tuple(map(_phone, repeat(handle), range(lib.khach_customer_phone_count(handle)))),
        emails=tuple(map(_email, repeat(handle), range(lib.khach_customer_email_count(handle)))),
        address=lib.khach_customer_address(handle).decode(),
        block_state=_BLOCK_STATES.get(lib.khach_customer_block_state(handle), BlockState.UNKNOWN),
        block_since_ms=_values.known(lib.khach_customer_block_since_ms(handle)),
        seq=lib.khach_customer_seq(handle),
        is_pending=lib.khach_customer_is_pending(handle) != 0,
        record=ctypes.string_at(record, bytes_count.value),
    )


def _phone(handle: int | None, index: int) -> ContactPoint:
    return ContactPoint(
        lib.khach_customer_phone_at(handle, index).decode(),
        lib.khach_customer_phone_is_rejected(handle, index) != 0,
        lib.khach_customer_phone_is_pinned(handle, index) != 0,
    )


def _email(handle: int | None, index: int) -> ContactPoint:
    return ContactPoint(
        lib.khach_customer_email_at(handle, index).decode(),
        lib.khach_customer_email_is_rejected(handle, index) != 0,
        lib.khach_customer_email_is_pinned(handle, index) != 0,
    )


def customer_list(handle: int | None) -> CustomerList:
    """Copies a list."""
    return CustomerList(
        customers=tuple(
            customer(lib.khach_customer_list_at(handle, index))
            for index in range(lib.khach_customer_list_count(handle))
        ),
        next=lib.khach_customer_list_next(handle).decode() or None,
        seq=lib.khach_customer_list_seq(handle),
        is_complete=lib.khach_customer_list_is_complete(handle) != 0,
    )


def business(handle: int | None) -> Business:
    """Copies a business and its pages."""
    return Business(
        id=lib.khach_page_list_business_id(handle).decode(),
        name=lib.khach_page_list_business_name(handle).decode(),
        zone=lib.khach_page_list_business_zone(handle).decode(),
        pages=tuple(
            Page(
                id=lib.khach_page_list_id_at(handle, index).decode(),
                name=lib.khach_page_list_name_at(handle, index).decode(),
                external_id=lib.khach_page_list_external_id_at(handle, index).decode(),
                channel=Channel(lib.khach_page_list_channel_at(handle, index)),
            )
            for index in range(lib.khach_page_list_count(handle))
        ),
    )
