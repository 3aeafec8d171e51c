"""After a kill in the middle of a purchase the order is there, and `synthetic cleanup` removes it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from pytest_synthetic.demo.faults import Fault
from pytest_synthetic.ledger.ledger_files import FileLedger
from pytest_synthetic.model.created import Created

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_synthetic.demo.server import RunningShop
    from tests.end_to_end.conftest import RunPytest

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("quick")]

PURCHASE = """
import pytest, time
from pathlib import Path

@pytest.mark.journey("Buy a cup")
@pytest.mark.mutates
def test_buy_a_cup(journey, api):
    with journey.step("order"):
        for _ in range({count}):
            wanted = {{"items": [{{"slug": "cup", "quantity": 1}}], "email": "synthetic@example.com"}}
            order = api.post("/api/orders", json=wanted).json()["id"]
            journey.created("order", order, remove=api.request_for("DELETE", f"/api/orders/{{order}}"))
            with open("orders", "a") as file:
                file.write(order + "\\n")
    with journey.step("pay"):
        Path("paying").touch()
        time.sleep({sleep})
"""


@pytest.fixture
def folder(tmp_path: Path, shop: RunningShop) -> Iterator[Path]:
    """A project of the shop, which is whole again afterwards."""
    (tmp_path / "synthetic.toml").write_text(
        f'base_url = "{shop.base_url}"\n[created]\ntimeout = "2s"\n', encoding="utf-8"
    )
    yield tmp_path
    shop.faults.replace(())


def write(folder: Path, *, count: int = 1, sleep: int = 0) -> None:
    (folder / "test_purchase.py").write_text(PURCHASE.format(count=count, sleep=sleep), encoding="utf-8")


def begun(folder: Path, *arguments: str, count: int = 1) -> subprocess.Popen[bytes]:
    """A pytest that has ordered, and now pays for ever."""
    write(folder, count=count, sleep=600)
    command = [sys.executable, "-m", "pytest", *arguments]
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, process_group=0
    )
    deadline = time.monotonic() + 60
    while not (folder / "paying").exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return process


def killed(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)


def cleanup(folder: Path, *arguments: str) -> tuple[int, str]:
    command = [sys.executable, "-c", "from pytest_synthetic import cli; cli.main()", "cleanup", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    assert "Traceback" not in done.stdout + done.stderr
    return done.returncode, done.stdout + done.stderr


def orders(folder: Path) -> list[str]:
    return (folder / "orders").read_text(encoding="utf-8").split()


def exist(shop: RunningShop, folder: Path) -> list[bool]:
    """Whether each order is in the shop."""
    return [requests.get(f"{shop.base_url}/api/orders/{order}", timeout=5).ok for order in orders(folder)]


def test_a_run_removes_its_order_itself(shop: RunningShop, folder: Path, run_pytest: RunPytest) -> None:
    write(folder)
    done = run_pytest(folder)

    assert done.code == 0, done.out
    assert exist(shop, folder) == [False]
    assert "note:" not in done.out
    assert cleanup(folder) == (0, f"Nothing to remove: {folder / '.synthetic/created'} is empty.\n")


@pytest.mark.parametrize("arguments", [(), ("-n1",)], ids=["alone", "worker"])
def test_kill_in_the_middle_of_a_purchase(
    shop: RunningShop, folder: Path, run_pytest: RunPytest, arguments: tuple[str, ...]
) -> None:
    process = begun(folder, *arguments)
    try:
        assert cleanup(folder) == (0, "the objects of 1 run in use by another process.\n")
        assert exist(shop, folder) == [True]
    finally:
        killed(process)
    assert exist(shop, folder) == [True]

    (order,) = orders(folder)
    (folder / "test_purchase.py").write_text(
        'import pytest\n@pytest.mark.journey("J")\ndef test_it(): pass\n', encoding="utf-8"
    )
    shown = run_pytest(folder)
    assert (
        f"note: 1 object that a run created still exists: order {order} (its run was stopped before it could remove it). "
        "Run: synthetic cleanup\n"
    ) in shown.out
    assert shown.code == 0

    told = rf"order {order} \(Buy a cup, 20\d\d-\d\d-\d\d \d\d:\d\d UTC\)"
    code, out = cleanup(folder, "--dry-run")
    assert (code, bool(re.fullmatch(rf"left     {told}\n1 left\.\n", out))) == (1, True), out
    assert cleanup(folder, "--older-than", "1h") == (0, "1 too young.\n")
    assert exist(shop, folder) == [True]
    code, out = cleanup(folder)
    assert (code, bool(re.fullmatch(rf"removed  {told}\n1 removed\.\n", out))) == (0, True), out
    assert exist(shop, folder) == [False]
    assert "note:" not in run_pytest(folder).out
    assert [path.name for path in (folder / ".synthetic/created").iterdir()] == [".gitignore"]


def test_what_the_shop_refuses_is_kept_until_it_does_not(
    shop: RunningShop, folder: Path, run_pytest: RunPytest
) -> None:
    killed(begun(folder, count=2))
    shop.faults.replace([Fault.API_500])
    code, out = cleanup(folder)
    assert code == 1, out
    assert out.count(": the product answered 500. Noted in ") == 2
    assert out.splitlines()[-1] == "2 left."
    cleanup(folder)
    write(folder, count=0)
    assert "(the product answered 500; 2 tries)" in run_pytest(folder).out

    shop.faults.replace(())
    assert cleanup(folder)[0] == 0
    assert exist(shop, folder) == [False, False]


def test_what_is_gone_already_is_done(shop: RunningShop, folder: Path) -> None:
    killed(begun(folder))
    requests.delete(f"{shop.base_url}/api/orders/{orders(folder)[0]}", timeout=5).raise_for_status()
    assert cleanup(folder)[0] == 0


def test_a_damaged_file_is_moved_aside_and_told_until_somebody_looks(shop: RunningShop, folder: Path) -> None:
    killed(begun(folder, count=2))
    ledger = folder / ".synthetic/created"
    one, other = sorted(ledger.glob("*.json"))
    one.write_bytes(one.read_bytes()[:30])
    aside = ledger / f"{one.stem}.damaged"
    told = f"left     {aside} is damaged: remove by hand what it is about, then delete it\n"

    code, out = cleanup(folder)
    assert code == 1
    assert out.startswith(f"removed  order {orders(folder)[1]} ")
    assert out.endswith(f"{told}1 removed, 1 left.\n")
    assert cleanup(folder) == (1, f"{told}1 left.\n")
    assert not other.exists()
    aside.unlink()
    assert cleanup(folder)[0] == 0
    requests.delete(f"{shop.base_url}/api/orders/{orders(folder)[0]}", timeout=5)


def test_two_cleanups_at_once_never_remove_the_same(shop: RunningShop, folder: Path) -> None:
    for _ in range(3):
        (folder / "paying").unlink(missing_ok=True)
        killed(begun(folder, count=5))
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: cleanup(folder), range(4)))

    assert [code for code, _ in done] == [0] * 4
    removed = re.findall(r"^removed  order (\S+)", "".join(out for _, out in done), re.MULTILINE)
    assert sorted(removed) == sorted(orders(folder))
    assert not any(exist(shop, folder))


SECRETS = """
[secrets]
ADMIN = {{ env = "PATH" }}
[inboxes.email]
provider = "http"
basic = {{ user = "monitor", password = "{password}" }}
"""


def test_what_a_function_raises_shows_no_secret(folder: Path) -> None:
    with (folder / "synthetic.toml").open("a", encoding="utf-8") as settings:
        settings.write(SECRETS.format(password="hunter2-mail"))
    (folder / "shop_removers.py").write_text(
        "import os\n\ndef order(identity, settings):\n"
        "    raise RuntimeError(os.environ['PATH'] + ' and hunter2-mail were refused')\n",
        encoding="utf-8",
    )
    info = folder / "shop_removers-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: shop-removers\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[pytest_synthetic_remove]\norder = shop_removers:order\n", encoding="utf-8")
    ledger = folder / ".synthetic/created"
    with FileLedger(ledger).begin("a" * 32) as held:
        held.note(
            Created(kind="order", identity="KS-1", run_id="a" * 32, journey="Buy", region="local",
                    created_at=datetime(2026, 1, 1, tzinfo=UTC), remover="order")
        )  # fmt: skip

    code, out = cleanup(folder)

    assert code == 1
    assert "RuntimeError: [redacted:ADMIN] and [redacted:token] were refused. Noted in " in out
    (kept,) = ledger.glob("*.json")
    assert "hunter2" not in out + kept.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--older-than", "soon"), "Error: 'soon' is not a duration; expected"),
        (("--config", "no.toml"), "does not exist"),
    ],
)
def test_what_is_written_wrongly(folder: Path, arguments: Any, told: str) -> None:
    code, out = cleanup(folder, *arguments)
    assert code == 2
    assert told in out


def test_a_ledger_that_cannot_be_read(folder: Path) -> None:
    (folder / ".synthetic").mkdir()
    (folder / ".synthetic/created").write_text("", encoding="utf-8")
    assert cleanup(folder) == (2, f"Error: {folder / '.synthetic/created'}: Not a directory\n")
