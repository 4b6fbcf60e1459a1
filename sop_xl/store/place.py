"""Where the plan store is.

In this order: the field *Plan store* on Home, the environment variable ``SOP_STORE``, the store this user set up
with ``sop-xl store init``, a SQLite file beside the workbook. Nothing here imports a database library.
"""

from __future__ import annotations

import importlib
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from sop_xl.store.errors import StoreError

VARIABLE = "SOP_STORE"
PASSWORD_VARIABLE = "SOP_STORE_PASSWORD"
SETTINGS_VARIABLE = "SOP_SETTINGS"
#: Name under which the keyring of the system keeps passwords of stores.
KEYRING_SERVICE = "sop-xl"
_SCHEME = re.compile(r"([a-z][a-z0-9+]+):", re.IGNORECASE)
_NETWORK_FILE_SYSTEMS = ("nfs", "cifs", "smb", "9p", "afs", "fuse.sshfs", "fuse.davfs", "ncpfs")


@dataclass(frozen=True)
class Place:
    """A place where a plan store is or may be.

    Attributes:
        file: the SQLite file; None for a server.
        server: address of a PostgreSQL database, with its password where the address had one; "" for a file.
        origin: who says so, for messages.
    """

    file: Path | None
    server: str
    origin: str

    @property
    def shown(self) -> str:
        """The place without its password, for people and for settings files."""
        return str(self.file) if self.file else without_password(self.server)


def place_of(text: str, origin: str, folder: Path) -> Place:
    """The place that a text names.

    Args:
        text: a path, ``sqlite:///path`` or ``postgresql://user@host/database``.
        origin: who says so.
        folder: where relative paths begin.
    Raises:
        StoreError: another kind of database, no database is named, or an address with more than ``sslmode``.

    >>> place_of("plans.sqlite", "SOP_STORE", Path("/team")).file.as_posix()
    '/team/plans.sqlite'
    >>> place_of("postgresql://ann:secret@db.example/plans", "SOP_STORE", Path()).shown
    'postgresql://ann@db.example/plans'
    """
    text = text.strip()
    scheme = _SCHEME.match(text)
    kind = scheme[1].lower().split("+")[0] if scheme else ""
    if kind in ("postgresql", "postgres"):
        try:
            parts = urlsplit(text)
            whole = bool(parts.hostname and parts.path.strip("/")) and (parts.port is None or parts.port > 0)
        except ValueError:
            whole = False
        if not whole:
            raise StoreError(
                f"{origin}: the address of the plan store is not whole.",
                "It looks like postgresql://user@host/database.",
            )
        # A password among them would be shown, and kept in settings, with the rest of the address.
        if unknown := {word.partition("=")[0] for word in parts.query.split("&") if word} - {"sslmode"}:
            raise StoreError(
                f"{origin}: the address of the plan store has {', '.join(sorted(unknown))} after the question mark.",
                f"Only sslmode is understood there; a password belongs into {PASSWORD_VARIABLE} or the keyring.",
            )
        return Place(None, urlunsplit(parts._replace(scheme="postgresql")), origin)
    if kind == "sqlite":
        text = unquote(text.partition("///")[2])
    elif scheme:
        raise StoreError(
            f"{origin}: a plan store cannot be kept in {kind!r}.",
            "Name a file, or a PostgreSQL database: postgresql://user@host/database.",
        )
    if not text or text == ":memory:":
        raise StoreError(f"{origin} names no file for the plan store.", "Name one: plans.sqlite.")
    return Place((folder / Path(text).expanduser()).absolute(), "", origin)


def find(workbook: Path | None = None, on_home: str = "") -> Place | None:
    """The place of the plan store; None where nothing says where it is.

    Args:
        workbook: the workbook that asks; without one, only this user's own choice counts.
        on_home: what its field *Plan store* says.
    Raises:
        StoreError: a place is not well formed, or a workbook holds a password.
    """
    if on_home.strip():
        origin = "Home, Plan store"
        if workbook is None:
            raise ValueError("a field on Home comes with its workbook")
        place = place_of(on_home, origin, workbook.parent)
        if _password_in(place.server):
            raise StoreError(
                f"{origin} holds a password, which everybody who has the workbook could read.",
                f"Take it out; keep it in {PASSWORD_VARIABLE} or in the keyring of your system.",
            )
        return place
    if named := os.environ.get(VARIABLE, "").strip():
        return place_of(named, VARIABLE, Path.cwd())
    if kept := _kept():
        return place_of(kept, f"the settings of this user ({settings_file()})", settings_file().parent)
    return beside(workbook) if workbook else None


def beside(workbook: Path) -> Place:
    """The file beside a workbook.

    >>> beside(Path("/team/plan.xlsx")).file.name
    'plan_store.sqlite'
    """
    file = workbook.absolute().with_name(f"{workbook.stem}_store.sqlite")
    return Place(file, "", "the default, beside the workbook")


def settings_file(environment: Mapping[str, str] = os.environ) -> Path:
    """Where this user's choice of a store is kept; ``SOP_SETTINGS`` names another folder."""
    if named := environment.get(SETTINGS_VARIABLE):
        folder = Path(named)
    elif sys.platform == "win32" and "APPDATA" in environment:
        folder = Path(environment["APPDATA"]) / "sop_xl"
    else:
        folder = Path(environment.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "sop_xl"
    return folder / "store.txt"


def keep(place: Place) -> Path:
    """Remember a place as this user's choice; returns the settings file. Its password is not kept."""
    file = settings_file()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(place.shown + "\n", encoding="utf-8")
    except OSError as error:
        raise StoreError(
            f"{file} cannot be written: {error.strerror}.",
            f"Set {VARIABLE} to the place of the store instead.",
        ) from error
    return file


def _kept() -> str:
    try:
        return settings_file().read_text(encoding="utf-8-sig").strip()
    except OSError:
        return ""


def password(place: Place) -> str | None:
    """The password of a server: of its address, else of ``SOP_STORE_PASSWORD``, else of the keyring."""
    found = _password_in(place.server) or os.environ.get(PASSWORD_VARIABLE)
    if found:
        return found
    try:
        keyring = importlib.import_module("keyring")
    except ImportError:
        return None
    try:
        kept: str | None = keyring.get_password(KEYRING_SERVICE, account(place))
    except Exception:  # a keyring that is locked or broken, each system in its own way
        return None
    return kept


def account(place: Place) -> str:
    """The account under which the keyring keeps the password of a server.

    >>> account(place_of("postgresql://ann@db.example/plans?sslmode=require", "SOP_STORE", Path()))
    'ann@db.example/plans'
    """
    parts = urlsplit(without_password(place.server))
    return f"{parts.netloc}{parts.path}"


def without_password(address: str) -> str:
    """An address without its password.

    >>> without_password("postgresql://ann:se%40cret@db/plans")
    'postgresql://ann@db/plans'
    """
    parts = urlsplit(address)
    user, at, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user.partition(':')[0]}{at}{host}"))


def _password_in(address: str) -> str:
    return unquote(urlsplit(address).password or "") if address else ""


def on_network(file: Path) -> bool:
    """Whether a file is on another computer, as far as the system says.

    SQLite's write-ahead log needs memory that all its users share, which another computer cannot give.
    """
    if sys.platform == "win32":  # pragma: no cover - only there
        import ctypes

        anchor = file.absolute().anchor
        return anchor.startswith("\\\\") or ctypes.windll.kernel32.GetDriveTypeW(anchor) == 4
    try:
        mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    except OSError:
        return False
    parents = {str(parent) for parent in file.absolute().parents}
    held = [(len(point), kind) for point, kind in mounts if point.replace("\\040", " ") in parents]
    return max(held, default=(0, ""))[1].startswith(_NETWORK_FILE_SYSTEMS)
