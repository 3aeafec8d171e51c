"""Starts a Dovecot of its own on this machine, unless the environment names a mailbox."""

import grp
import os
import pwd
import shutil
import smtplib
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest

SETTINGS = """
protocols = imap lmtp
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
ssl = no
disable_plaintext_auth = no
mail_location = maildir:~/Maildir
recipient_delimiter = +
default_internal_user = {name}
default_internal_group = {group}
default_login_user = {name}
first_valid_uid = {uid}
first_valid_gid = {gid}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
}}
service stats {{
  chroot =
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
passdb {{
  driver = static
  args = password=secret
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u allow_all_users=yes
}}
"""


def pytest_configure(config: pytest.Config) -> None:
    """Runs before pytest-synthetic reads synthetic.toml; workers of xdist find the variables set already."""
    if "MAIL_HOST" in os.environ:
        os.environ.setdefault("MAIL_PORT", "993")
        os.environ.setdefault("MAIL_SECURITY", "tls")
        return
    imap, lmtp = _start_dovecot(config)
    _announce(config, MAIL_HOST="127.0.0.1", MAIL_PORT=str(imap), MAIL_SECURITY="none", MAIL_LMTP=str(lmtp))
    _announce(config, MAIL_ADDRESS="box@shop.example", MAIL_PASSWORD="secret")


def _start_dovecot(config: pytest.Config) -> tuple[int, int]:
    dovecot = shutil.which("dovecot", path=f"{os.environ['PATH']}:/usr/sbin")
    if dovecot is None:
        pytest.exit("set MAIL_HOST and its like, or install dovecot-imapd and dovecot-lmtpd: see README.md", 4)
    folder = Path(tempfile.mkdtemp(prefix="mail-"))
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    folder.chmod(0o755)
    (folder / "mail").mkdir()
    uid, gid = os.getuid(), os.getgid()
    name, group = pwd.getpwuid(uid).pw_name, grp.getgrgid(gid).gr_name
    if uid == 0:  # Dovecot wants root's mail to belong to somebody else
        uid, gid, name, group = 5000, 5000, "nobody", "nogroup"
        os.chown(folder / "mail", uid, gid)
    ports = _free_port(), _free_port()
    told = SETTINGS.format(folder=folder, uid=uid, gid=gid, name=name, group=group, imap=ports[0], lmtp=ports[1])
    (folder / "dovecot.conf").write_text(told)
    process = subprocess.Popen([dovecot, "-F", "-c", str(folder / "dovecot.conf")])
    config.add_cleanup(process.wait)
    config.add_cleanup(process.terminate)
    deadline = time.monotonic() + 30
    while not all(map(_answers, ports)):
        if process.poll() is not None or time.monotonic() > deadline:
            pytest.exit(f"Dovecot did not start: {(folder / 'log').read_text()}", 4)
        time.sleep(0.05)
    return ports


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def _answers(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


def _announce(config: pytest.Config, **variables: str) -> None:
    for name, value in variables.items():
        os.environ[name] = value
        config.add_cleanup(lambda name=name: os.environ.pop(name, None))


@pytest.fixture
def send_mail() -> Callable[[str], None]:
    """What the product does: it sends a mail with a link to confirm."""

    def send(to: str) -> None:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = "Kettle Shop <no-reply@shop.example>", to, "Confirm your address"
        mail.set_content("Welcome! Your code is 493021.")
        mail.add_alternative(
            "<style>b{color:#123456}</style><p>Welcome! Your code is <b>493021</b>.</p>"
            '<a href="https://shop.example/confirm/4f2a">Confirm</a>',
            subtype="html",
        )
        with smtplib.LMTP("127.0.0.1", int(os.environ["MAIL_LMTP"]), timeout=10) as server:
            server.send_message(mail)

    return send
