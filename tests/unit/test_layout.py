"""The shape of the code: sizes, names, the commented contract, and nothing in it that belongs to one machine."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.protobuf.descriptor_pb2 import DescriptorProto, EnumDescriptorProto, FileDescriptorProto, FileDescriptorSet
from grpc_tools import protoc

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("server", "clients", "bot", "migrations", "tests")

MOST_LINES = 400
MOST_LINES_OF_A_FUNCTION = 60
SHAPELESS = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc"}
"""Names that say nothing about what belongs there, so that everything ends up there."""

OF_ONE_MACHINE = re.compile(r"/(?:home|Users)/(?!USER\b|you\b|me\b|alice\b|mara\b|jon\b|pr\b)[a-z]\w*/|index-url")
"""Homes of real people and hosts of package registries; a checkout must not know where it was written."""


def tracked(*patterns: str) -> list[Path]:
    """Files that git keeps, or would keep, and that exist."""
    command = [
        "git",
        "-c",
        "safe.directory=*",
        "-C",
        str(ROOT),
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
        "--",
        *patterns,
    ]
    listed = subprocess.run(command, capture_output=True, check=True).stdout.split(b"\0")
    return sorted(path for name in set(listed) if name and (path := ROOT / name.decode()).is_file())


PYTHON = [path for path in tracked("*.py") if path.relative_to(ROOT).parts[0] in ROOMS]


def test_there_is_something_to_look_at() -> None:
    rooms = {path.relative_to(ROOT).parts[0] for path in PYTHON}
    assert {"server", "clients", "tests", "migrations"} <= rooms


def test_no_file_is_too_long() -> None:
    long = {name(path): count for path in PYTHON if (count := len(lines(path))) > MOST_LINES}
    assert not long, f"more than {MOST_LINES} lines, split by what the parts are about: {long}"


def test_no_function_is_too_long() -> None:
    long = {}
    for path in PYTHON:
        for node in ast.walk(ast.parse(path.read_text("utf-8"), str(path))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and length(node) > MOST_LINES_OF_A_FUNCTION:
                long[f"{name(path)}:{node.lineno} {node.name}"] = length(node)
    assert not long, f"more than {MOST_LINES_OF_A_FUNCTION} lines: {long}"


def test_every_module_is_named_after_something() -> None:
    shapeless = [name(path) for path in PYTHON if SHAPELESS & {path.stem, *path.relative_to(ROOT).parts[:-1]}]
    assert not shapeless, f"name them after what they hold: {shapeless}"


def test_nothing_names_one_machine() -> None:
    found = []
    for path in tracked():
        if path == Path(__file__).resolve():
            continue
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        found += [
            f"{name(path)}:{n}: {line.strip()[:80]}"
            for n, line in enumerate(text.splitlines(), 1)
            if OF_ONE_MACHINE.search(line)
        ]
    assert not found, "\n".join(found)


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> list[FileDescriptorProto]:
    """The .proto files as protoc reads them, with their comments."""
    target = tmp_path_factory.mktemp("contract") / "omoi.pb"
    files = [str(path) for path in tracked("protos/omoi/v1/*.proto")]
    arguments = ["protoc", f"-I{ROOT / 'protos'}", f"-I{Path(protoc.__file__).parent / '_proto'}"]
    assert protoc.main([*arguments, "--include_source_info", f"--descriptor_set_out={target}", *files]) == 0
    return list(FileDescriptorSet.FromString(target.read_bytes()).file)


def test_the_whole_contract_is_commented(contract: list[FileDescriptorProto]) -> None:
    bare = []
    total = 0
    for file in contract:
        said = {tuple(place.path): place.leading_comments.strip() for place in file.source_code_info.location}
        for path, what in declared(file):
            total += 1
            if not said.get(path):
                bare.append(f"{file.name}: {what}")
    assert total > 100
    assert not bare, f"{len(bare)} of {total} without a comment:\n" + "\n".join(bare)


def test_every_import_of_the_contract_is_its_path(contract: list[FileDescriptorProto]) -> None:
    assert {file.package for file in contract} == {"omoi.v1"}
    assert all(file.name.startswith("omoi/v1/") for file in contract)


# Field numbers of descriptor.proto: where in a source location's path each kind of thing stands.
_MESSAGES, _ENUMS, _SERVICES = 4, 5, 6
_FIELDS, _NESTED, _NESTED_ENUMS = 2, 3, 4
_VALUES = _METHODS = 2

Declared = Iterator[tuple[tuple[int, ...], str]]


def declared(file: FileDescriptorProto) -> Declared:
    """Everything that a reader of `file` meets, with its place."""
    for n, message in enumerate(file.message_type):
        yield from in_message((_MESSAGES, n), message)
    for n, enum in enumerate(file.enum_type):
        yield from in_enum((_ENUMS, n), enum)
    for n, service in enumerate(file.service):
        yield (_SERVICES, n), service.name
        for m, method in enumerate(service.method):
            yield (_SERVICES, n, _METHODS, m), f"{service.name}.{method.name}"


def in_message(place: tuple[int, ...], message: DescriptorProto) -> Declared:
    yield place, message.name
    for n, field in enumerate(message.field):
        yield (*place, _FIELDS, n), f"{message.name}.{field.name}"
    for n, nested in enumerate(message.nested_type):
        yield from in_message((*place, _NESTED, n), nested)
    for n, enum in enumerate(message.enum_type):
        yield from in_enum((*place, _NESTED_ENUMS, n), enum)


def in_enum(place: tuple[int, ...], enum: EnumDescriptorProto) -> Declared:
    yield place, enum.name
    for n, value in enumerate(enum.value):
        yield (*place, _VALUES, n), f"{enum.name}.{value.name}"


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines()


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    assert node.end_lineno is not None
    return node.end_lineno - node.lineno + 1
