"""Why a letter was refused, in words and without the address."""

from __future__ import annotations

import pytest

from pytest_synthetic.alerts.refusal import told

ADDRESS = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"


@pytest.mark.parametrize(
    ("logs", "reason", "final"),
    [
        (["Failed to send to Slack: Forbidden, error=403."], "Slack answered 403", True),
        (["Failed to send to Slack: error=302."], "Slack answered 302", True),
        (["Failed to send to Slack: error=429."], "Slack answered 429", False),
        (["Failed to send to Slack: error=408."], "Slack answered 408", False),
        (["Failed to send to Slack: error=500."], "Slack answered 500", False),
        (["Socket Exception: HTTPSConnectionPool: Read timed out."], "Slack: no answer within 10 s", False),
        (
            ["Socket Exception: Max retries exceeded with url: /services/T1JJ3T3L2 (Caused by SSLError("
             "SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: "
             "certificate has expired (_ssl.c:1006)')))"],
            "Slack: no TLS connection: certificate has expired", False,
        ),
        (
            ["Socket Exception: Failed to resolve 'hooks.slack.com' ([Errno -2] Name or service not known)"],
            "Slack: it cannot be reached: the name of its host is not known", False,
        ),
        (["Socket Exception: (535, b'5.7.8 bad login TIiajkdnlazkcOXrIdevi7FQ')"],
         "the mail server answered 535: 5.7.8 bad login …", True),
        (["Failed to look up T1JJ3T3L2 of TIiajkdnlazkcOXrIdevi7FQ.", "Response: TIiajkdnlazkcOXrIdevi7FQ"],
         "Slack did not take it: Failed to look up … of ….", False),
        (["Socket Exception: SMTP AUTH extension not supported by server."],
         "Slack: it takes no login without TLS: try mailtos://, or leave the user and the password out", False),
        ([], "Slack did not take it", False),
    ],
)  # fmt: skip
def test_reasons(logs: list[str], reason: str, final: bool) -> None:
    error = told("Slack", logs, ADDRESS, 10.0)
    assert (error.reason, error.final) == (reason, final)
