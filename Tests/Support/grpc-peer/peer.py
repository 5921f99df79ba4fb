"""A khachd with a gRPC listener, and messages made from the committed descriptor set."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

CHECKOUT = Path(__file__).resolve().parents[3]
BINARIES = Path(os.environ.get("KHACH_BINARIES", CHECKOUT / ".build" / "debug"))
DESCRIPTORS = CHECKOUT / "Sources" / "KhachGRPC" / "Generated" / "api.binpb"
#: How long anything may take that takes a fraction of a second.
SECONDS_MAX = 60

_SET = descriptor_pb2.FileDescriptorSet.FromString(DESCRIPTORS.read_bytes())
_POOL = descriptor_pool.DescriptorPool()
for _file in _SET.file:
    _POOL.Add(_file)


def methods(pool: descriptor_pool.DescriptorPool, service: str) -> list[Any]:
    return list(pool.FindServiceByName(service).methods)


def callable_of(channel: grpc.Channel, method: Any) -> Any:
    """The method as stock generated code has it."""
    make = {
        (False, False): channel.unary_unary,
        (False, True): channel.unary_stream,
        (True, True): channel.stream_stream,
    }[(method.client_streaming, method.server_streaming)]
    request = message_factory.GetMessageClass(method.input_type)
    response = message_factory.GetMessageClass(method.output_type)
    return make(
        f"/{method.containing_service.full_name}/{method.name}",
        request_serializer=request.SerializeToString,
        response_deserializer=response.FromString,
    )


def message(name: str, /, **fields: Any) -> Any:
    return message_factory.GetMessageClass(_POOL.FindMessageTypeByName(name))(**fields)


def refused(body: Callable[[], Any]) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as caught:
        body()
    return caught.value


def details(error: grpc.RpcError) -> dict[str, Any]:
    """What grpc-status-details-bin holds, by the names of messages."""
    trailers = dict(error.trailing_metadata())
    status = message("google.rpc.Status")
    status.ParseFromString(trailers["grpc-status-details-bin"])
    assert status.code == error.code().value[0] and status.message == error.details()
    return {any_.type_url.removeprefix("type.googleapis.com/"): any_ for any_ in status.details}


def reason(error: grpc.RpcError) -> str:
    info = message("google.rpc.ErrorInfo")
    assert details(error)["google.rpc.ErrorInfo"].Unpack(info)
    return str(info.reason)


def export(business: str) -> Any:
    request = message("khach.v1.ExportCustomersRequest")
    request.filter.business_id = business
    request.mutation.actor = "lan"
    formats = request.DESCRIPTOR.fields_by_name["format"].enum_type.values
    request.format = next(value.number for value in formats if value.name.endswith("JSONL"))
    return request


class Server:
    """khachd, until it is told to stop."""

    def __init__(
        self,
        data: Path,
        *more: str | Path,
        grpc: str = "tcp:127.0.0.1:0",
        environment: dict[str, str] | None = None,
    ) -> None:
        self.log = data.parent / f"{data.name}.log"
        local = "tcp:127.0.0.1:0"
        places = {"--listen": local, "--grpc-listen": grpc, "--metrics-listen": local}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [BINARIES / "khachd", "serve", "--data", data]
                + [word for place in places.items() for word in place]
                + [*more],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                bufsize=0,
                env={**os.environ, **(environment or {})},
            )
        told = dict(self._line().split(" ", 1) for _ in places)
        self.target = told["grpc"].split(":", 1)[1]
        self.operators = told["metrics"].split(":", 1)[1]

    def _line(self) -> str:
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], SECONDS_MAX)
        line = self.process.stdout.readline().decode().strip() if ready else ""
        assert line, self.log.read_text(errors="replace")
        return line

    def channel(self, credentials: grpc.ChannelCredentials | None = None) -> grpc.Channel:
        # Each its own connection, messages of any size, and nothing read before it is asked for.
        options = [
            ("grpc.use_local_subchannel_pool", 1),
            ("grpc.max_receive_message_length", 16 << 20),
            ("grpc.max_send_message_length", 16 << 20),
            ("grpc.http2.bdp_probe", 0),
            ("grpc.http2.lookahead_bytes", 64 << 10),
        ]
        if credentials is None:
            return grpc.insecure_channel(self.target, options=options)
        return grpc.secure_channel(self.target, credentials, options=options)

    def metrics(self) -> dict[str, float]:
        """Values by name and labels, as /metrics has them."""
        with urllib.request.urlopen(f"http://{self.operators}/metrics", timeout=SECONDS_MAX) as got:
            lines = got.read().decode().splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines if line and not line.startswith("#"))
        return {name: float(value) for name, value in pairs}

    def counted(self, name: str) -> float:
        return self.metrics().get(name, 0)

    def await_metric(self, name: str, holds: Callable[[float], bool]) -> None:
        """Asks until a value is as it should be."""
        end = time.monotonic() + SECONDS_MAX
        while not holds(self.counted(name)):
            assert time.monotonic() < end, f"{name}: {self.counted(name)}"

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def ended(self) -> int:
        status = self.process.wait(SECONDS_MAX)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return status

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.ended()


class Client:
    """Calls of one connection by the names of methods."""

    def __init__(self, channel: grpc.Channel, token: str = "") -> None:
        self.channel = channel
        self.metadata = [("authorization", f"Bearer {token}")] if token else []

    @staticmethod
    def _method(name: str) -> Any:
        service, method = name.split("/")
        return next(m for m in methods(_POOL, f"khach.v1.{service}") if m.name == method)

    def call(self, name: str, request: Any = None, /, **more: Any) -> Any:
        found = self._method(name)
        if request is None:
            request = message(found.input_type.full_name)
        more.setdefault("timeout", SECONDS_MAX)
        return callable_of(self.channel, found)(request, metadata=self.metadata, **more)

    def future(self, name: str, request: Any, /, **more: Any) -> Any:
        """A call of one answer that is not waited for."""
        begin = callable_of(self.channel, self._method(name)).future
        return begin(request, metadata=self.metadata, **more)

    def business(self) -> str:
        request = message("khach.v1.CreateBusinessRequest", name="Nhà Mây", actor="lan")
        return str(self.call("DirectoryService/CreateBusiness", request).business.id)

    def customers(self, business: str, count: int) -> None:
        """People who wrote to a page, once each."""
        page = message("khach.v1.CreatePageRequest", business_id=business, name="Mây", actor="lan")
        page.external_page_id = f"{business}fb"
        page.channel = 1
        self.call("DirectoryService/CreatePage", page)
        for first in range(0, count, 1000):
            request = message("khach.v1.RecordInteractionsRequest")
            for person in range(first, min(count, first + 1000)):
                item = request.interactions.add()
                item.channel, item.direction, item.kind = 1, 1, 1
                item.external_page_id = page.external_page_id
                item.event_key, item.external_user_id = f"m{person}", f"user-{person:06}"
                item.occurred_at.seconds = 1_772_000_000 + person
                item.text, item.name_hint = "còn hàng không shop", f"Nguyễn Văn {person}"
            self.call("InteractionService/RecordInteractions", request)

    def token(self, business: str, *permissions: int) -> str:
        request = message("khach.v1.CreateTokenRequest", name="Lan", actor="lan")
        request.business_id = business
        request.permissions.extend(permissions)
        return str(self.call("DirectoryService/CreateToken", request).secret)
