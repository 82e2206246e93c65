"""What a job is: a command, its code, its inputs and its limits. It is data; it starts and copies nothing.

A job never has a network, so there is no field for one.
"""

from __future__ import annotations

import hashlib
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from minett.kernel.content import gettext_noop
from minett.kernel.errors import BadInput

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
ENVIRONMENT_NAMES = frozenset({"LANG", "LC_ALL", "TZ", "PYTHONHASHSEED"})
ENVIRONMENT_PREFIX = "JOB_"
MOST_CODE_FILES = 2000
MOST_CODE_BYTES = 50_000_000
MOST_INPUTS = 100
LONGEST_WORD = 4096


class JobNameUnusable(BadInput):
    code = "job-name-unusable"
    sentence = gettext_noop(
        "%(name)s cannot be a name here. Use letters, digits, dots, hyphens and underscores, and start with a "
        "letter or digit."
    )


class JobCommandEmpty(BadInput):
    code = "job-command-empty"
    sentence = gettext_noop("The job has no command. Say what to run, for example: python /code/train.py.")


class JobCommandUnusable(BadInput):
    code = "job-command-unusable"
    sentence = gettext_noop(
        "A word of the command is too long or holds a zero character. Put long texts into an input file."
    )


class JobCodeMissing(BadInput):
    code = "job-code-missing"
    sentence = gettext_noop("%(path)s is not a file or folder of code. Check the path.")


class JobCodeUnusable(BadInput):
    code = "job-code-unusable"
    sentence = gettext_noop("%(path)s is neither a plain file nor a folder. Replace links by the files they point to.")


class JobCodeTooLarge(BadInput):
    code = "job-code-too-large"
    sentence = gettext_noop(
        "The code is larger than %(files)s files or %(bytes)s bytes. Pass data as inputs, not with the code."
    )


class JobInputMissing(BadInput):
    code = "job-input-missing"
    sentence = gettext_noop("The input %(name)s is not a plain file. Check where it should come from.")


class JobInputsTooMany(BadInput):
    code = "job-inputs-too-many"
    sentence = gettext_noop("A job takes at most %(most)s inputs. Put several files into one archive.")


class JobEnvironmentRefused(BadInput):
    code = "job-environment-refused"
    sentence = gettext_noop(
        "The environment variable %(name)s is not allowed. Use a name that begins with JOB_, and short plain text."
    )


class JobLimitOutOfRange(BadInput):
    code = "job-limit-out-of-range"
    sentence = gettext_noop("The limit %(name)s must be a whole number from %(least)s to %(most)s.")


RANGES: Mapping[str, tuple[int, int]] = {
    "memory_mb": (64, 4_000_000),
    "wall_seconds": (1, 30 * 86_400),
    "cpu_seconds": (1, 1000 * 86_400),
    "processes": (1, 10_000),
    "file_mb": (1, 1_000_000),
    "output_mb": (1, 1_000_000),
    "log_mb": (1, 1000),
    "threads": (1, 1024),
}


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a job may use; one MB is 1,000,000 bytes.

    `memory_mb` is for all processes of the job together, `cpu_seconds` likewise; `file_mb` is for each file,
    `output_mb` for all outputs together, `log_mb` for what it prints.
    """

    memory_mb: int = 2048
    wall_seconds: int = 300
    cpu_seconds: int = 300
    processes: int = 64
    file_mb: int = 100
    output_mb: int = 200
    log_mb: int = 5
    threads: int = 1

    def __post_init__(self) -> None:
        for name, (least, most) in RANGES.items():
            value = getattr(self, name)
            if type(value) is not int or not least <= value <= most:
                raise JobLimitOutOfRange(name=name, least=least, most=most)


@dataclass(frozen=True, slots=True)
class JobSpec:
    """One job to run.

    `code` is a file or folder that is copied to /code; `inputs` maps a name to a file that appears read-only as
    /in/<name>; what the job leaves in /out is collected. `open_data_only` says that nothing in the inputs needs
    protection; whoever makes the spec answers for that, and a job with other inputs needs a permit.
    """

    name: str
    command: tuple[str, ...]
    code: Path
    inputs: Mapping[str, Path] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    open_data_only: bool = False

    def __post_init__(self) -> None:
        must_be_a_name(self.name)
        if not self.command or not self.command[0]:
            raise JobCommandEmpty
        if any("\0" in word or len(word) > LONGEST_WORD for word in self.command):
            raise JobCommandUnusable
        _check_inputs(self.inputs)
        _check_environment(self.environment)

    @property
    def needs_permit(self) -> bool:
        return bool(self.inputs) and not self.open_data_only

    def check_files(self) -> None:
        """Raise unless code and inputs are there, plain, and of bearable size."""
        code_files(self.code)
        for name, path in self.inputs.items():
            if path.is_symlink() or not path.is_file():
                raise JobInputMissing(name=name)

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "command": list(self.command),
            "code": str(self.code),
            "inputs": {name: str(path) for name, path in self.inputs.items()},
            "environment": dict(self.environment),
            "limits": asdict(self.limits),
            "open_data_only": self.open_data_only,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(
            name=data["name"],
            command=tuple(data["command"]),
            code=Path(data["code"]),
            inputs={name: Path(path) for name, path in data["inputs"].items()},
            environment=dict(data["environment"]),
            limits=Limits(**data["limits"]),
            open_data_only=data["open_data_only"],
        )


def must_be_a_name(name: str) -> None:
    """Raise unless `name` can safely be one part of a path."""
    if not NAME.fullmatch(name):
        raise JobNameUnusable(name=name[:100])


def code_files(path: Path) -> list[tuple[str, Path]]:
    """Return the plain files of a piece of code as (name relative to it, path), sorted by name.

    Links and special files are refused rather than followed: they could point at anything on this machine.
    """
    found: list[tuple[str, Path]] = []
    total = 0
    for file in _walk(path):
        total += file.lstat().st_size
        found.append((file.relative_to(path).as_posix() if file != path else path.name, file))
        if len(found) > MOST_CODE_FILES or total > MOST_CODE_BYTES:
            raise JobCodeTooLarge(files=MOST_CODE_FILES, bytes=MOST_CODE_BYTES)
    return sorted(found)


def code_hash(path: Path) -> str:
    """Return the SHA-256, as hexadecimal digits, of the sorted file names and contents of a piece of code."""
    whole = hashlib.sha256()
    for name, file in code_files(path):
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        whole.update(f"{name}\0{content}\n".encode())
    return whole.hexdigest()


def _walk(path: Path) -> Iterator[Path]:
    try:
        mode = path.lstat().st_mode
    except OSError as error:
        raise JobCodeMissing(path=path.name) from error
    if stat.S_ISREG(mode):
        yield path
    elif stat.S_ISDIR(mode):
        for child in path.iterdir():
            if child.name not in {"__pycache__", ".git"}:
                yield from _walk(child)
    else:
        raise JobCodeUnusable(path=path.name)


def _check_inputs(inputs: Mapping[str, Path]) -> None:
    if len(inputs) > MOST_INPUTS:
        raise JobInputsTooMany(most=MOST_INPUTS)
    for name in inputs:
        must_be_a_name(name)


def _check_environment(environment: Mapping[str, str]) -> None:
    for name, value in environment.items():
        known = name in ENVIRONMENT_NAMES or re.fullmatch(ENVIRONMENT_PREFIX + r"[A-Z0-9_]{1,60}", name)
        if not known or "\0" in value or len(value) > LONGEST_WORD:
            raise JobEnvironmentRefused(name=name[:100])
