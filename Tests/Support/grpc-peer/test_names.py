"""What a caller calls its call, and which trace it is in, over gRPC."""

from __future__ import annotations

import re
from pathlib import Path

import grpc
import pytest
from peer import Client, Server, details, message, refused

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"
ABSENT = message("khach.v1.GetCustomerRequest", id="c0000000000007")


def name(error: grpc.RpcError) -> str:
    field, count, *text = details(error)["google.rpc.RequestInfo"].value
    assert (field, count) == (0x0A, len(text))
    return bytes(text).decode()


def lines(server: Server, said: str) -> list[dict[str, str]]:
    words = (line.split() for line in server.log.read_text().splitlines() if said in line)
    return [dict(word.split("=", 1) for word in line if "=" in word) for line in words]


@pytest.mark.parametrize(("given", "is_taken"), [("order-17", True), ("order 17", False)])
def test_a_refusal_is_called_what_its_caller_calls_it(
    client: Client, server: Server, given: str, is_taken: bool
) -> None:
    client.metadata = [("x-request-id", given), ("traceparent", f"00-{TRACE}-{SPAN}-01")]
    told = name(refused(lambda: client.call("CustomerService/GetCustomer", ABSENT)))
    assert (told == given) == is_taken
    (line,) = (line for line in lines(server, "a call was refused") if line["request"] == told)
    assert line["listener"] == "grpc"
    assert (line["trace"], line["parent"]) == (TRACE, SPAN)


def test_metadata_above_its_bound_is_refused_with_a_name(client: Client) -> None:
    client.metadata = [(f"x-{number}", "") for number in range(65)]
    error = refused(lambda: client.call("CustomerService/GetCustomer", ABSENT))
    assert error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert re.fullmatch("[0-9a-f]{8}-[1-9][0-9]*-[1-9][0-9]*", name(error))


def test_what_no_method_refused_is_called_what_its_caller_calls_it(client: Client) -> None:
    call = client.channel.stream_unary("/khach.v1.CustomerService/GetCustomer")
    error = refused(lambda: call(iter([b"", b""]), metadata=[("x-request-id", "order-17")]))
    assert error.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert name(error) == "order-17"


def test_calls_of_one_connection_have_names_of_their_own(client: Client) -> None:
    call = lambda: client.call("CustomerService/GetCustomer", ABSENT)  # noqa: E731
    names = [name(refused(call)) for _ in range(3)]
    assert len(set(names)) == 3
    assert len({told.rsplit("-", 1)[0] for told in names}) == 1


def test_spans_are_in_the_callers_trace(tmp_path: Path) -> None:
    with Server(tmp_path / "data", "--traces", "log") as server, server.channel() as channel:
        client = Client(channel)
        client.metadata = [("traceparent", f"00-{TRACE}-{SPAN}-01")]
        client.business()
        server.terminate()
        assert server.ended() == 0
    first, *steps = lines(server, '"a span"')
    assert (first["trace"], first["parent"], first["listener"]) == (TRACE, SPAN, "grpc")
    assert first["method"] == "khach.v1.DirectoryService/CreateBusiness"
    assert "commit" in [step["step"] for step in steps]
    assert {step["parent"] for step in steps} == {first["span"]}
