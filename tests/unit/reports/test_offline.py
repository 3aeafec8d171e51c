"""Reports that ask nothing of the network."""

from __future__ import annotations

from pytest_synthetic.reports.offline import POLICY, sealed

# As Allure 3.18.0 writes it.
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
    <script>window.allureReportOptions = {"reportName":"gtag('js') </body> googletagmanager"};</script>
</head>
<body>
    <script   src="app-b3323b2606f19801ef1b.js"></script>
    <script async src="https://www.googletagmanager.com/gtag/js?id=G-LNDJ3J7WT0"></script>
    <script>
        window.dataLayer = window.dataLayer || [];
        function gtag(){dataLayer.push(arguments);}
        gtag('js', new Date());
    </script>
    <script async>window.allureReportDataReady = true;</script>
</body>
</html>
"""


def test_analytics_are_taken_out_and_nothing_else() -> None:
    html = sealed(PAGE)

    assert "https://www.googletagmanager.com" not in html
    assert "dataLayer" not in html
    assert html.count("<script") == html.count("</script>") == 3
    assert """{"reportName":"gtag('js') </body> googletagmanager"}""" in html


def test_the_browser_is_told_to_load_from_nowhere_else() -> None:
    head = sealed(PAGE).partition("<head>")[2].partition("</head>")[0]

    assert f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">' in head.partition("<script>")[0]
    assert "http" not in POLICY.replace("'", "")
