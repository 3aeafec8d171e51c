"""A real RabbitMQ for the tests of one process: Debian's package, in a folder and on ports of its own.

Users are as the how-to sets them up: a scheduler, and an agent for each region, with the rights they need and no more.
The system's own broker, if there is one, is not touched.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import trustme

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = "rabbitmq-server"
PROGRAM = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
EPMD = Path("/usr/bin/epmd")
PASSWORD = "s3cr3t/of:broker"
"""With signs that an address must escape."""
REGIONS = ("eu-west", "us-east")
OWN = r"^(regions|results|health|set-aside|region\..*)$"
NONE = "^$"
BOOT = 120

needs_rabbitmq = pytest.mark.skipif(
    not PROGRAM.exists() and "CI" not in os.environ,  # in CI it must be there: the tests then fail
    reason=f"RabbitMQ is not installed. On Debian: apt-get install --no-install-recommends {PACKAGE}",
)


@dataclass(slots=True, kw_only=True)
class Broker:
    """A broker that can be killed in the middle, and started again."""

    folder: Path
    port: int
    tls_port: int
    ports: tuple[int, int]
    node: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def ca(self) -> Path:
        """The certificate of who signed the broker's own."""
        return self.folder / "ca.pem"

    def start(self) -> None:
        """Start, and return when it takes connections."""
        assert PROGRAM.exists(), f"CI needs RabbitMQ: apt-get install --no-install-recommends {PACKAGE}"
        with (self.folder / "log.txt").open("ab") as log:
            self.node = subprocess.Popen(
                [PROGRAM], env=self._environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, cwd=self.folder,
            )  # fmt: skip
        ends = time.monotonic() + BOOT
        while not self._answers():
            assert self.node.poll() is None, self.log()
            assert time.monotonic() < ends, self.log()
            time.sleep(0.1)

    def kill(self) -> None:
        """End it as when its machine loses power."""
        if self.node is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.node.pid, signal.SIGKILL)
            self.node.wait()
            self.node = None

    def log(self) -> str:
        """What the broker has to say."""
        told = [*self.folder.glob("log*.txt"), *self.folder.glob("log/*.log")]
        return "\n".join(path.read_text(encoding="utf-8", errors="replace")[-8000:] for path in told)

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 5) as probe:
            probe.sendall(b"AMQP\x00\x00\x09\x01")
            return probe.recv(1) == b"\x01"
        return False

    def _environment(self) -> dict[str, str]:
        folder = str(self.folder)
        epmd, dist = self.ports
        return {
            "PATH": os.environ["PATH"],
            "HOME": folder,  # of the cookie
            "LANG": "C.UTF-8",
            "ERL_EPMD_PORT": str(epmd),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"synthetic-{self.port}@localhost",
            "RABBITMQ_DIST_PORT": str(dist),
            "RABBITMQ_CONFIG_FILE": f"{folder}/rabbitmq.conf",
            "RABBITMQ_CONF_ENV_FILE": f"{folder}/rabbitmq-env.conf",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{folder}/enabled_plugins",
            "RABBITMQ_MNESIA_BASE": f"{folder}/data",
            "RABBITMQ_LOG_BASE": f"{folder}/log",
            "RABBITMQ_PID_FILE": f"{folder}/pid",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none",
        }


@contextlib.contextmanager
def server() -> Iterator[Broker]:
    """A broker that runs inside the block."""
    with tempfile.TemporaryDirectory(prefix="rabbitmq-", ignore_cleanup_errors=True) as name:
        port, tls_port, epmd, dist = _free_ports(4)
        this = Broker(folder=Path(name), port=port, tls_port=tls_port, ports=(epmd, dist))
        _write(this)
        mapper = subprocess.Popen([EPMD, "-port", str(epmd), "-address", "127.0.0.1"], stdin=subprocess.DEVNULL)
        try:
            this.start()
            yield this
        finally:
            this.kill()
            mapper.kill()
            mapper.wait()


def _write(broker: Broker) -> None:
    folder = broker.folder
    authority = trustme.CA()
    issued = authority.issue_cert("localhost", "127.0.0.1")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    issued.private_key_pem.write_to_path(folder / "key.pem")
    issued.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    (folder / "enabled_plugins").write_text("[].\n", encoding="utf-8")
    (folder / "rabbitmq-env.conf").touch()
    (folder / "definitions.json").write_text(json.dumps(_definitions()), encoding="utf-8")
    (folder / "rabbitmq.conf").write_text(
        f"listeners.tcp.1 = 127.0.0.1:{broker.port}\nlisteners.ssl.1 = 127.0.0.1:{broker.tls_port}\n"
        f"ssl_options.cacertfile = {folder}/ca.pem\nssl_options.certfile = {folder}/cert.pem\n"
        f"ssl_options.keyfile = {folder}/key.pem\nssl_options.verify = verify_none\n"
        f"load_definitions = {folder}/definitions.json\nraft.wal_max_size_bytes = 16000000\n"
        "log.console = false\nlog.file.level = warning\nvm_memory_high_watermark.relative = 0.8\n"
        "disk_free_limit.absolute = 10MB\n",
        encoding="utf-8",
    )


def _definitions() -> dict[str, Any]:
    users = {"scheduler": (OWN, OWN, OWN)}
    users |= {f"agent-{region}": (NONE, "^results$", rf"^region\.{region}$") for region in REGIONS}
    return {
        "vhosts": [{"name": "synthetic"}],
        "users": [{"name": name, "password_hash": _hashed(PASSWORD), "tags": ""} for name in users],
        "permissions": [
            {"user": name, "vhost": "synthetic", "configure": configure, "write": write, "read": read}
            for name, (configure, write, read) in users.items()
        ],
    }


def _hashed(password: str) -> str:
    """As RabbitMQ keeps it: https://www.rabbitmq.com/docs/passwords#computing-password-hash."""
    salt = b"salt"
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def _free_ports(many: int) -> tuple[int, ...]:
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(many)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return tuple(probe.getsockname()[1] for probe in probes)
