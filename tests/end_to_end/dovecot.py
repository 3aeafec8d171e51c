"""A real mail server for one test: Dovecot from Debian's packages, in a folder and on ports of its own.

It takes mail by LMTP and gives it out by IMAP. Every user exists, with the password `secret`; `user+tag@host` leads to
`user@host`. The system's own daemon, if there is one, is not touched.
"""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import shutil
import signal
import smtplib
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

DAEMON = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
PACKAGES = "dovecot-imapd dovecot-lmtpd"
PASSWORD = "secret"
BOX = "box@shop.example"
MAIL_UID = 5000
"""Whom the mail belongs to when the server runs as root; Dovecot refuses to use uid 0."""

needs_dovecot = pytest.mark.skipif(
    DAEMON is None and "CI" not in os.environ,  # in CI it must be there: the tests then fail
    reason=f"Dovecot is not installed. On Debian: apt-get install --no-install-recommends {PACKAGES}",
)


@dataclass(slots=True, kw_only=True)
class Dovecot:
    """A server that can be stopped and started."""

    folder: Path
    imap: int
    imaps: int
    lmtp: int
    master: subprocess.Popen[bytes] | None = None

    def deliver(self, to: str, text: str = "hello", **headers: str) -> None:
        """Let a mail arrive. Raises smtplib's errors when it is refused."""
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = "Kettle Shop <no-reply@shop.example>", to, "Your code"
        mail.set_content(text)
        for name, value in headers.items():
            del mail[name]
            mail[name.replace("_", "-")] = value
        self.deliver_raw(to, bytes(mail))

    def deliver_raw(self, to: str, raw: bytes) -> None:
        """Let `raw` arrive as it is."""
        with smtplib.LMTP("127.0.0.1", self.lmtp, timeout=10) as lmtp:
            lmtp.sendmail("bounce@shop.example", [to], raw)

    def mailbox(self, user: str = BOX) -> Path:
        """The Maildir of `user`."""
        return self.folder / "mail" / user / "Maildir"

    def start(self) -> None:
        """Start, and return when both ports answer."""
        assert DAEMON is not None, f"CI needs Dovecot: apt-get install --no-install-recommends {PACKAGES}"
        with (self.folder / "log").open("ab") as log:
            command = [DAEMON, "-F", "-c", str(self.folder / "dovecot.conf")]
            self.master = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        ends = time.monotonic() + 20
        for port in (self.imap, self.lmtp):
            while time.monotonic() < ends and self.master.poll() is None:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                time.sleep(0.02)
        assert time.monotonic() < ends, self.log()
        assert self.master.poll() is None, self.log()

    def stop(self) -> None:
        """Stop as at a reboot: clients hear BYE, and nothing of it is left."""
        if self.master is None:
            return
        for signal_ in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.master.pid, signal_)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.master.wait(timeout=0.3 if signal_ == signal.SIGTERM else 10)
        self.master = None

    def log(self) -> str:
        """What the server has to say."""
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")


@contextlib.contextmanager
def serve(*, tls: tuple[Path, Path] | None = None, quota: str | None = None) -> Iterator[Dovecot]:
    """A server until the end of the block. `tls` is certificate and key, in PEM; `quota` a size such as "100K"."""
    folder = Path(tempfile.mkdtemp(prefix="dovecot-"))
    folder.chmod(0o755)
    running = Dovecot(folder=folder, imap=_free_port(), imaps=_free_port(), lmtp=_free_port())
    try:
        (folder / "mail").mkdir()
        (folder / "log").touch()
        if os.getuid() == 0:
            os.chown(folder / "mail", MAIL_UID, MAIL_UID)
        (folder / "dovecot.conf").write_text(_settings(running, tls, quota), encoding="utf-8")
        running.start()
        yield running
    finally:
        running.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _settings(running: Dovecot, tls: tuple[Path, Path] | None, quota: str | None) -> str:
    folder, uid, gid = running.folder, os.getuid(), os.getgid()
    unprivileged = _unprivileged() if uid else ""
    if not uid:  # Dovecot wants root's mail to belong to somebody else
        uid = gid = MAIL_UID
    return (
        f"""
protocols = imap lmtp
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
instance_name = {folder.name}
first_valid_uid = {uid}
last_valid_uid = {uid}
first_valid_gid = {gid}
mail_location = maildir:~/Maildir
recipient_delimiter = +
postmaster_address = postmaster@shop.example
disable_plaintext_auth = no
auth_failure_delay = 0
{unprivileged}
namespace inbox {{
  inbox = yes
  mailbox Junk {{
    auto = create
    special_use = \\Junk
  }}
}}
passdb {{
  driver = static
  args = password={PASSWORD}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u allow_all_users=yes
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  inet_listener imap {{
    port = {running.imap}
  }}
  inet_listener imaps {{
    port = {running.imaps if tls else 0}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {running.lmtp}
  }}
}}
"""
        + _tls(tls)
        + _quota(quota)
    )


def _unprivileged() -> str:
    """All of it as who runs the tests, and where everybody may."""
    user, group = pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name
    apart = "".join(f"service {service} {{\n  chroot =\n}}\n" for service in ("anvil", "imap-login", "stats"))
    return f"default_internal_user = {user}\ndefault_internal_group = {group}\ndefault_login_user = {user}\n{apart}"


def _tls(tls: tuple[Path, Path] | None) -> str:
    return "ssl = no\n" if tls is None else f"ssl = yes\nssl_cert = <{tls[0]}\nssl_key = <{tls[1]}\n"


def _quota(quota: str | None) -> str:
    if quota is None:
        return ""
    return f"""
mail_plugins = quota
protocol imap {{
  mail_plugins = quota imap_quota
}}
plugin {{
  quota = maildir:User quota
  quota_rule = *:storage={quota}
  quota_grace = 0
}}
"""


def options(running: Dovecot, **other: Any) -> dict[str, Any]:
    """The table [inboxes.email] for a mailbox of `running`."""
    told = {"host": "127.0.0.1", "port": running.imap, "security": "none", "user": BOX, "password": PASSWORD}
    return {**told, **other}
