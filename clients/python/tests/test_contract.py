"""What `_ffi` declares is what the headers say and the compiler sees."""

from __future__ import annotations

import ctypes
import os
import re
import subprocess
from enum import IntEnum
from pathlib import Path

import pytest
from shop import CHECKOUT

import khach
from khach import _ffi, errors

HEADERS = CHECKOUT / "clients/c/include/khach"
SYMBOLS = (CHECKOUT / "clients/c/tests/symbols.txt").read_text().split()

#: Functions that Python does not call, and why.
NOT_WRAPPED = {
    "khach_options_init": "writes as the library knows it; OfflineClient has the defaults",
    "khach_query_init": "writes as the library knows it; zeros are the defaults",
    "khach_statistics_query_init": "writes as the library knows it; StatisticsQuery has defaults",
    "khach_edit_init": "writes as the library knows it; zeros are the defaults",
    "khach_watch_options_init": "writes as the library knows it; Watch has the defaults",
    "khach_export_options_init": "writes as the library knows it; ExportOptions has the defaults",
    "khach_export_progress_init": "writes as the library knows it; zeros are the beginning",
    "khach_sync_progress_init": "writes as the library knows it; zeros are the beginning",
    "khach_comparison_init": "writes as the library knows it; zeros are the beginning",
    "khach_cache_state_init": "writes as the library knows it; zeros are the beginning",
    "khach_difference_init": "writes as the library knows it; zeros are the beginning",
    "khach_explanation_init": "writes as the library knows it; zeros are the beginning",
    "khach_sync_once": "sync() is its loop over khach_sync_step, with progress and cancellation",
    "khach_error_status": "the same as what the function that failed returned",
    "khach_customer_list_is_capped": "always 0",
}

#: Enumerations of Python and of C: the class, and how its members are called there.
ENUMERATIONS: list[tuple[type[IntEnum], str]] = [
    (khach.Code, "KHACH_E_"),
    (khach.NameStatus, "KHACH_NAME_"),
    (khach.Channel, "KHACH_CHANNEL_"),
    (khach.BlockState, "KHACH_BLOCK_"),
    (khach.Activity, "KHACH_ACTIVITY_"),
    (khach.Order, "KHACH_ORDER_"),
    (khach.Grouping, "KHACH_GROUPING_"),
    (khach.Basis, "KHACH_BASIS_"),
    (khach.Measure, "KHACH_"),
    (khach.EditKind, "KHACH_EDIT_"),
    (khach.ContactKind, "KHACH_CONTACT_"),
    (khach.MutationState, "KHACH_MUTATION_"),
    (khach.Phase, "KHACH_PHASE_"),
    (khach.Cause, "KHACH_CAUSE_"),
    (khach.StepKind, "KHACH_STEP_"),
    (khach.Presence, "KHACH_PRESENCE_"),
    (khach.ServerWord, "KHACH_SERVER_"),
    (khach.Grade, "KHACH_FINDING_"),
    (khach.ExportFormat, "KHACH_EXPORT_"),
    (khach.ExportLanguage, "KHACH_EXPORT_"),
    (khach.WatchState, "KHACH_WATCH_"),
]

#: Members that C calls otherwise, or does not have (None).
OTHER_NAMES = {
    "KHACH_E_OK": "KHACH_OK",
    "KHACH_E_OTHER": None,
    "KHACH_BLOCK_PENDING_BLOCK": "KHACH_BLOCK_PENDING",
    "KHACH_CAUSE_UNKNOWN": None,
}


def prototypes() -> dict[str, tuple[str, list[str]]]:
    """name: (type, types of the parameters), as written in the headers."""
    found = {}
    for header in HEADERS.glob("*.h"):
        text = re.sub(r"/\*.*?\*/", "", header.read_text(), flags=re.DOTALL)
        for match in re.finditer(r"KHACH_API([^;]*?)(khach_\w+)\(([^;]*)\);", text):
            gives = match[1].replace("KHACH_MUST_USE", "").strip()
            takes = [
                re.sub(r"\w+$", "", " ".join(item.split())).strip()
                for item in match[3].split(",")
                if item.strip() != "void"
            ]
            found[match[2]] = (gives, takes)
    return found


def in_ctypes(c_type: str) -> object:
    """The type of ctypes for a type of C."""
    scalars = {
        "void": None,
        "int": ctypes.c_int,
        "khach_status": ctypes.c_int,
        "int32_t": ctypes.c_int32,
        "int64_t": ctypes.c_int64,
        "uint8_t": ctypes.c_uint8,
        "uint32_t": ctypes.c_uint32,
        "uint64_t": ctypes.c_uint64,
        "size_t": ctypes.c_size_t,
        "char": ctypes.c_char,
    }
    name = c_type.replace("const ", "").replace(" ", "")
    stars = name.count("*")
    name = name.rstrip("*")
    structs = {struct.C: struct for struct in _ffi.STRUCTS}
    if c_type == "const char *":
        return ctypes.c_char_p
    if name in scalars:
        return ctypes.POINTER(scalars[name]) if stars else scalars[name]
    if name in structs:
        return ctypes.POINTER(structs[name])
    return [None, ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p)][stars]


def test_every_function_is_wrapped_or_has_a_reason_why_not() -> None:
    assert sorted(prototypes()) == sorted(SYMBOLS)
    assert sorted(_ffi.PROTOTYPES | NOT_WRAPPED) == sorted(SYMBOLS)
    assert not _ffi.PROTOTYPES.keys() & NOT_WRAPPED.keys()
    assert all(NOT_WRAPPED.values())


def keeps_the_lock(name: str) -> bool:
    """Whether a function is called as those of Python's own API are."""
    flags: int = getattr(_ffi.lib, name)._flags_
    return flags & 4 != 0  # FUNCFLAG_PYTHONAPI


def test_what_may_block_releases_the_interpreters_lock() -> None:
    """As the headers say: in the comment of a function, or in that of its family."""
    checked = 0
    for header in HEADERS.glob("*.h"):
        family = ""
        for part in re.split(r"(?=/\*)", header.read_text()):
            found = re.search(r"Blocks: +(.*)", part)
            words = found[1] if found else ""
            if "For every function here" in part:
                family, words = words, ""
            # A comment is of what follows it before an empty line.
            for place, lines in enumerate(part.partition("*/")[2].strip().split("\n\n")):
                says = words if place == 0 and words else family
                for name in re.findall(r"KHACH_API[^;]*?(khach_\w+)\(", lines):
                    if name in _ffi.PROTOTYPES and not says.startswith("no."):
                        assert not keeps_the_lock(name), f"{name} blocks {says}"
                        checked += 1
    assert checked > 20
    assert keeps_the_lock("khach_customer_id")


def test_every_declared_function_is_called() -> None:
    sources = "".join(
        path.read_text()
        for path in Path(_ffi.__file__).parent.glob("*.py")
        if path.name != "_ffi.py"
    )
    unused = [name for name in _ffi.PROTOTYPES if f"lib.{name}" not in sources]
    # Asked when the library is loaded, and by the tests below.
    assert unused == ["khach_version_number", "khach_status_name"]


@pytest.mark.parametrize("name", sorted(_ffi.PROTOTYPES))
def test_a_prototype_is_that_of_the_header(name: str) -> None:
    gives, takes = prototypes()[name]
    assert _ffi.PROTOTYPES[name] == (in_ctypes(gives), [in_ctypes(item) for item in takes])


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """Sizes, offsets and enumerators by name, as a C program prints them."""
    folder = tmp_path_factory.mktemp("layout")
    lines = []
    for struct in _ffi.STRUCTS:
        c_name = struct.C
        lines.append(f'show("{c_name}", sizeof({c_name}));')
        for field, *_ in struct._fields_:
            lines.append(f'show("{c_name}.{field}", offsetof({c_name}, {field}));')
            size = f"sizeof((({c_name} *)0)->{field})"
            lines.append(f'show("{c_name}.{field}.size", {size});')
    for kind, prefix in ENUMERATIONS:
        for member in kind:
            name = OTHER_NAMES.get(prefix + member.name, prefix + member.name)
            if name is not None:
                lines.append(f'show("{name}", (long long){name});')
    source = folder / "layout.c"
    source.write_text(
        "#include <khach/khach.h>\n#include <stdio.h>\n"
        'static void show(const char *name, long long value) { printf("%s %lld\\n", name, value); }'
        "\nint main(void)\n{\n" + "\n".join(lines) + "\nreturn 0;\n}\n"
    )
    program = folder / "layout"
    subprocess.run(["cc", f"-I{HEADERS.parent}", "-o", program, source], check=True)
    text = subprocess.run([program], check=True, capture_output=True, text=True).stdout
    return {name: int(value) for name, value in (line.split() for line in text.splitlines())}


@pytest.mark.parametrize("struct", _ffi.STRUCTS, ids=lambda struct: str(struct.C))
def test_a_struct_lies_as_the_compiler_lays_it(
    struct: type[_ffi.CStruct], compiled: dict[str, int]
) -> None:
    name = struct.C
    assert ctypes.sizeof(struct) == compiled[name]
    for field, *_ in struct._fields_:
        place = getattr(struct, field)
        assert place.offset == compiled[f"{name}.{field}"], field
        assert place.size == compiled[f"{name}.{field}.size"], field
    text = next(text for path in HEADERS.glob("*.h") if f"}} {name};" in (text := path.read_text()))
    body = text[text.index(f"typedef struct {name} {{") : text.index(f"}} {name};")]
    body = re.sub(r"/\*.*?\*/", "", body, flags=re.DOTALL)
    assert re.findall(r"(\w+)(?:\[\d+\])?;", body) == [field for field, *_ in struct._fields_]


@pytest.mark.parametrize(("kind", "prefix"), ENUMERATIONS, ids=lambda item: str(item))
def test_an_enumeration_has_the_numbers_of_c(
    kind: type[IntEnum], prefix: str, compiled: dict[str, int]
) -> None:
    for member in kind:
        name = OTHER_NAMES.get(prefix + member.name, prefix + member.name)
        if name is not None:
            assert member.value == compiled[name], name


def test_every_status_of_c_has_a_code_and_a_class() -> None:
    header = (HEADERS / "error.h").read_text()
    found = dict(re.findall(r"(KHACH_E_\w+|KHACH_OK) = (-?\d+)", header))
    for name, number in found.items():
        code = khach.Code(int(number))
        assert code is not khach.Code.OTHER
        assert name == ("KHACH_OK" if code is khach.Code.OK else f"KHACH_E_{code.name}")
        assert _ffi.lib.khach_status_name(code).decode() == name
        if code is not khach.Code.OK:
            assert code in errors.CLASSES
    assert len(set(errors.CLASSES.values())) == len(errors.CLASSES)
    assert len(found) == len(errors.CLASSES)  # OTHER for OK
    assert khach.Code(-999) is khach.Code.OTHER


@pytest.mark.parametrize(
    ("function", "struct"),
    [
        ("khach_options_init", _ffi.Options),
        ("khach_watch_options_init", _ffi.WatchOptions),
        ("khach_export_options_init", _ffi.ExportOptions),
    ],
)
def test_defaults_are_those_of_the_library(
    function: str, struct: type[_ffi.CStruct], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What Python passes by default, beside what the initialiser writes."""
    wanted = struct()
    getattr(ctypes.CDLL(os.environ["KHACH_LIBRARY"]), function)(ctypes.byref(wanted))
    passed: list[ctypes.Structure] = []

    def take(*arguments: object) -> int:
        passed.extend(
            item._obj  # type: ignore[attr-defined]
            for item in arguments
            if isinstance(getattr(item, "_obj", None), struct)
        )
        return -1

    with khach.OfflineClient(tmp_path / "cache.db", business_id="b0000000000001") as client:
        for name in ("khach_client_open", "khach_watch_open", "khach_export_open"):
            monkeypatch.setattr(_ffi.lib, name, take)
        with pytest.raises(khach.KhachError):
            if struct is _ffi.Options:
                khach.OfflineClient(tmp_path / "other.db")
            elif struct is _ffi.WatchOptions:
                client.watch().run()
            else:
                client.export(1)
        monkeypatch.undo()
    (found,) = passed
    for field, kind, *_ in struct._fields_:
        if kind in (ctypes.c_uint32, ctypes.c_int32, ctypes.c_uint64) and field != "fd":
            assert getattr(found, field) == getattr(wanted, field), field
    assert found.struct_size == wanted.struct_size
