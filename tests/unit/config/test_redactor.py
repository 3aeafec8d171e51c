"""The redactor of a process knows what the settings declare as secret, and what they hold that is."""

from __future__ import annotations

from pathlib import Path

from pytest_synthetic.config import files, redactor

TOML = """
[secrets]
SHOP_PASSWORD = { env = "SHOP_PASSWORD" }
LATER = { command = ["no-such-program"] }

[otp.anna]
secret = "JBSWY3DPEHPK3PXP"

[inboxes.sms]
provider = "twilio"
auth_token = "tok-12345-tok"

[inboxes.email]
provider = "http"
url = "https://mail.example"
list = "/messages"
basic = { user = "monitor", password = "${MAIL_PASSWORD}" }
headers = { "X-Api-Key" = "key-98765", Authorization = "Bearer abc-54321", Accept = "application/json" }
fields = { id = "id", text = "body" }

[regions.eu]
proxy = "http://anna:p%40ss-777@127.0.0.1:9"
headers = { Cookie = "sid=cookie-4242", "X-Market" = "europe-west" }

[history]
url = "postgresql://monitor:history-31@db.example/runs"

[redact]
fields = ["loyalty"]
"""


def told(folder: Path, text: str) -> str:
    path = folder / "synthetic.toml"
    path.write_text(TOML, encoding="utf-8")
    environ = {"SHOP_PASSWORD": "hunter2-shop", "MAIL_PASSWORD": "hunter2-mail"}
    known, _ = redactor.opened(files.load(path, environ), environ, folder)
    return known.text(text)


def test_what_is_declared_and_what_is_masked_by_name(tmp_path: Path) -> None:
    assert told(tmp_path, "hunter2-shop loyalty=12&x") == "[redacted:SHOP_PASSWORD] loyalty=[redacted:loyalty]&x"


def test_what_the_settings_hold_is_secret_wherever_it_stands_in_them(tmp_path: Path) -> None:
    held = ("JBSWY3DPEHPK3PXP", "tok-12345-tok", "hunter2-mail", "key-98765", "abc-54321", "p@ss-777", "p%40ss-777",
            "sid=cookie-4242", "history-31")  # fmt: skip
    assert told(tmp_path, "\n".join(held)).split("\n") == ["[redacted:token]"] * len(held)


def test_what_no_secret_is_stays(tmp_path: Path) -> None:
    text = "monitor mail.example application/json europe-west body"
    assert told(tmp_path, text) == text
