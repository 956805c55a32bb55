"""Where the server is and which token it takes.

Order: what the caller says, then OMOI_ADDRESS and OMOI_TOKEN, then the files `address` and `token` that a server keeps
in its OMOI_HOME (default $XDG_STATE_HOME/omoi, else ~/.local/state/omoi). The token file belongs to the server on this
machine, so it is never sent to another one. A variable that is set but empty is an error, never the next in this order.

A token travels in plaintext only to this machine. For every other address TLS is needed: `https://host:port`, or
OMOI_TLS=1; OMOI_INSECURE=1 says that the way there is protected otherwise.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from omoi_client.errors import ConfigurationError

_YES = frozenset({"1", "true", "yes", "on"})
_HTTPS_PORT = 443


@dataclass(frozen=True)
class Endpoint:
    """A server that may be called. `address` is a gRPC target: "host:port" or "unix:/path"."""

    address: str
    token: str = field(repr=False)
    tls: bool

    @property
    def local(self) -> bool:
        """The address is this machine."""
        return is_loopback(self.address)


def omoi_home(environ: Mapping[str, str] | None = None) -> Path:
    """OMOI_HOME, or its default. The folder need not exist."""
    env = os.environ if environ is None else environ
    if env.get("OMOI_HOME"):
        return Path(env["OMOI_HOME"]).expanduser()
    state = env.get("XDG_STATE_HOME", "")
    # A relative XDG path is to be ignored (XDG Base Directory Specification).
    base = Path(state) if state.startswith("/") else Path("~/.local/state").expanduser()
    return base / "omoi"


def find_endpoint(address: str = "", token: str = "", environ: Mapping[str, str] | None = None) -> Endpoint:
    """The endpoint to use.

    Raises ConfigurationError: EMPTY_SETTING, NO_ADDRESS, NO_TOKEN, BAD_TOKEN, BAD_ADDRESS, PLAINTEXT_REFUSED.
    """
    env = os.environ if environ is None else environ
    home = omoi_home(env)
    said = token or _said("OMOI_TOKEN", env.get("OMOI_TOKEN"))
    written = address or _said("OMOI_ADDRESS", env.get("OMOI_ADDRESS"))
    if not written:
        written = _reachable(_first_line(home / "address"))
    if not written:
        raise ConfigurationError(
            f"no Omoi server is known: there is no file {home / 'address'}.",
            reason="NO_ADDRESS",
            remedy="Start one with omoi-server, or set OMOI_ADDRESS and OMOI_TOKEN.",
        )
    target, tls = _parse(written)
    tls = tls or env.get("OMOI_TLS", "").lower() in _YES
    local = is_loopback(target)
    if not (tls or local or env.get("OMOI_INSECURE", "").lower() in _YES):
        raise ConfigurationError(
            f"{target} is not this machine, and the token would travel there in plaintext.",
            reason="PLAINTEXT_REFUSED",
            remedy=f"Use OMOI_ADDRESS=https://{target}, or OMOI_INSECURE=1 if the way there is protected otherwise.",
        )
    secret = said or (_first_line(home / "token") if local else "")
    return Endpoint(target, _checked_token(secret, target, home / "token", local), tls)


def is_loopback(target: str) -> bool:
    """Whether a gRPC target is on this machine. A name other than localhost counts as elsewhere."""
    if target.startswith("unix:"):
        return True
    host = target.rpartition(":")[0].strip("[]")
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _said(name: str, value: str | None) -> str:
    """What a variable says, "" when it is not set.

    One that is set and blank is mostly the trace of a command that failed, as in `OMOI_TOKEN="$(cat missing)"`. Who wrote
    that meant another caller or server than the files name, so it must not fall back to them: the file `token` is an
    admin's.
    """
    if value is not None and not value.strip():
        raise ConfigurationError(
            f"{name} is set, but empty.",
            reason="EMPTY_SETTING",
            remedy=f"Give it its value, or remove it: unset {name}",
        )
    return value or ""


def _parse(written: str) -> tuple[str, bool]:
    scheme, separator, rest = written.strip().partition("://")
    tls = bool(separator) and scheme.lower() in ("https", "grpcs")
    if separator and scheme.lower() not in ("https", "grpcs", "http", "grpc"):
        raise _bad_address(written)
    target = (rest if separator else written.strip()).rstrip("/")
    if target.startswith("unix:"):
        return target, tls
    host, colon, port = target.rpartition(":")
    if tls and (not colon or target.endswith("]")):
        host, port = target, str(_HTTPS_PORT)
    if not host or (":" in host and not host.startswith("[")) or any(part in target for part in " @/?#"):
        raise _bad_address(written)
    if not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise _bad_address(written)
    return f"{host}:{port}", tls


def _bad_address(written: str) -> ConfigurationError:
    return ConfigurationError(
        f'"{written}" is not an address of a server.',
        reason="BAD_ADDRESS",
        remedy="Write HOST:PORT such as 127.0.0.1:50051, or https://HOST.",
    )


def _checked_token(secret: str, target: str, token_file: Path, local: bool) -> str:
    if not secret:
        where = f"set OMOI_TOKEN, or make {token_file} readable" if local else "set OMOI_TOKEN"
        raise ConfigurationError(
            f"there is no token for {target}.", reason="NO_TOKEN", remedy=f"Every call needs one: {where}."
        )
    if not secret.isascii() or not secret.isprintable() or " " in secret:
        # Never quoted: a damaged token may still be most of a valid one.
        raise ConfigurationError(
            "the token contains characters that no token has.",
            reason="BAD_TOKEN",
            remedy="Copy it again into OMOI_TOKEN, without line breaks or spaces.",
        )
    return secret


def _first_line(path: Path) -> str:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return lines[0].strip() if lines else ""


def _reachable(written: str) -> str:
    """A server that listens on every interface is reached on this machine by loopback."""
    for everywhere, here in (("0.0.0.0:", "127.0.0.1:"), ("[::]:", "[::1]:")):
        if written.startswith(everywhere):
            return here + written.removeprefix(everywhere)
    return written
