"""Pairs of failures, labelled: the same fault, or not. `fingerprint_messages.json` holds messages as they were raised.

The recorded ones: Chromium driven by Playwright, requests and pytest, each fault met twice, by two runs that differ in
ports, orders, times, amounts, languages and the width of the page; the inboxes' own words. Where nothing in a message
differed, there is one. Below, a line is a pair: `one | other`, messages of an AssertionError;
in `OTHER_RECORDED`, names of recorded ones.
"""

# ruff: noqa: RUF001 -- digits of other scripts are no mistaken Latin ones

from __future__ import annotations

SAME = """
order 1234 is missing | order 99 is missing
order ORD-48213 is missing | order ORD-90177 is missing
order #48213 is missing | order #7 is missing
order 7F3K9Q is missing | order 1A2B3C is missing
order K7P9-QX is missing | order 9F3C-2B is missing
order1234 is missing | order98765 is missing
no such cart: 6f1e2d3c4b5a69788796a5b4c3d2e1f0 | no such cart: 00112233445566778899aabbccddeeff
no such cart: 87894f7d-ed01-4d06-8c88-8fba22d76157 | no such cart: 4fe436a8-2d0e-45ed-bc50-e9ea91cfe734
no such cart: deadbeef | no such cart: 0badf00d
message SM0123456789abcdef0123456789abcdef was lost | message SMfedcba9876543210fedcba9876543210 was lost
trace 00-6f1e2d3c4b5a69788796a5b4c3d2e1f0-aaaaaaaaaaaaaaaa-01 | trace 00-00112233445566778899aabbccddeeff-0123456789abcdef-01
token dGhpcyBpcyBhIHRva2Vu== is refused | token c2hvcnQgbW9yZSB0ZXh0IGhlcmU= is refused
Authorization: Bearer abc.def-123 was refused | Authorization: Bearer zzz_yyy.98765 was refused
jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcDEF is expired | jwt eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIyNDkifQ.ZZZyyy is expired
took 4.31 s | took 12 s
took 4.31 s | took 950 ms
took 4.31 s | took 1 min 12 s
took 4.31s | took 950ms
took 3 seconds | took 1 second
answered after 2 minutes | answered after 41 seconds
the page weighs 812 kB | the page weighs 1.2 MB
only 12% are delivered | only 7.5 % are delivered
price is €49.90 | price is 49,90 €
price is €1,249.90 | price is 1.249,90 €
price is €1,249.90 | price is 1 249,90 €
price is $49.90 | price is £39.00
price is CHF 1'249.50 | price is 49.90 CHF
price is EUR 49.90 | price is USD 54.90
price is kr 499 | price is 499 kr
price is -€4.99 | price is €12.00
valid until 2026-11-22 | valid until 2027-01-03
valid until 22/11/2026 | valid until 11/22/26
valid until 22.11.2026 | valid until 2026-11-22
valid until 22 Nov 2026 | valid until 3 January 2027
valid until November 22, 2026 | valid until May 3, 2027
valid until 22 novembre 2026 | valid until 1 févr. 2027
valid until 22. November 2026 | valid until 3. März 2027
valid until Sun, 22 Nov 2026 00:45:48 GMT | valid until Mon, 23 Nov 2026 12:05:00 GMT
valid until 2026-11-22T00:45:48.120Z | valid until 2026-11-23T12:05:00+01:00
valid until 2026-11-22 00:45:48 UTC | valid until 2026-07-01 12:05:00 CEST
the slot 10:30-12:00 is gone | the slot 14:00-15:30 is gone
the slot at 10:30 am is gone | the slot at 4 p.m. is gone
no mail to synthetic+ab12@shop.example | no mail to synthetic+9f3c@shop.example
no mail to a.b@mail.example.com | no mail to synthetic-7@inbox.example
no sms to +33 6 12 34 56 78 | no sms to +1 (888) 555-0199
no sms to +33612345678 | no sms to +447700900123
no sms to 06 12 34 56 78 | no sms to 07.00.11.22.33
connect to 127.0.0.1:8080 refused | connect to 10.0.12.7:34567 refused
cannot read /tmp/pytest-of-ann/pytest-12/test_buy0/out.json | cannot read /tmp/pytest-of-ci/pytest-3/test_buy1/out.json
cannot read /tmp/tmpkvwzpguo/out.json | cannot read /var/folders/x1/zz/T/tmpb6r56iwc/out.json
cannot read /home/ann/shop/tests/data.json | cannot read /builds/shop/77/tests/data.json
cannot read C:\\Users\\ann\\AppData\\Local\\Temp\\out.json | cannot read C:\\Users\\bob\\Temp\\out.json
<Order object at 0x7f684eeef990> is not paid | <Order object at 0x7ffff5990> is not paid
worker gw0 lost its page | worker gw11 lost its page
File "test_buy.py", line 12, in pay | File "test_buy.py", line 340, in pay
GET https://shop.example/orders/1234 is empty | GET https://shop.example/orders/99 is empty
GET https://shop.example/orders?token=abc&n=1 is empty | GET https://shop.example/orders?token=zzz is empty
GET https://shop.example/orders?ref=ann is empty | GET https://shop.example/orders is empty
GET https://shop.example/orders#top is empty | GET https://shop.example/orders is empty
GET /orders?session=ann is empty | GET /orders?session=bob&retry=1 is empty
GET https://shop.example/fr/orders is empty | GET https://shop.example/de/orders is empty
GET https://shop.example/fr-FR/orders is empty | GET https://shop.example/orders is empty
GET https://shop.fr/orders is empty | GET https://shop.de/orders is empty
GET https://www.shop.co.uk/orders is empty | GET https://shop.fr/orders is empty
GET https://eu.shop.example/orders is empty | GET https://us.shop.example/orders is empty
GET https://eu-west-1.shop.example/orders is empty | GET https://us-east-2.shop.example/orders is empty
GET http://localhost:8080/orders is empty | GET http://127.0.0.1:3000/orders is empty
GET http://[::1]:8080/orders is empty | GET http://127.0.0.1:3000/orders is empty
GET https://ann:secret@shop.example/orders is empty | GET https://shop.example/orders is empty
nothing is sold in eu-west | nothing is sold in us-east-1
the page is in fr-FR | the page is in en_US
the page is 1280 px wide | the page is 390 px wide
not on iPhone 15 | not on iPhone 13
the cart holds 1 item | the cart holds 12 items
the cart holds [1, 2] | the cart holds [3, 4, 5]
status 500: order 1234 | status 500: order 99
HTTP 503 after 4 s | HTTP 503 after 31 s
expected 200, got 503 after 4 s | expected 200, got 503 after 31 s
503 Service Unavailable (retry after 10 s) | 503 Service Unavailable (retry after 120 s)
order 12: assert 500 == 200 | order 7: assert 500 == 200
assert 48 == 49 | assert 57 == 60
assert '87894f7d-ed0...-8fba22d76157' == 'paid' | assert '4fe436a8-2d0...-e9ea91cfe734' == 'paid'
the answer is {"id": 7, "at": "2026-11-22", "state": "failed"} | the answer is {"id": 81, "at": "2027-01-01", "state": "failed"}
the answer is {"price": "\\u20ac4.99"} | the answer is {"price": "4,99 \\u20ac"}
the\u00a0price is\u202f49,90\u00a0€ | the price is 49,90 €
no awaited sms came to +33600000001 within 12 s; what did arrive: Spam: 'Winter sale!' | no awaited sms came to +447700900123 within 2 min; what did arrive: Bank: "It's late"; Taxi: 'your ride'
no sms address was free within 60 s: +33600000001 is held by run a1, process 7. Give the inbox more | no sms address was free within 2 min: +33600000001 may still get a message; +33600000002 is held by run 9b, process 8. Give the inbox more
GET https://shop.example/pay did not end within 30 s: it was still at connect by way of http://p1.example:3128. If | GET https://shop.example/pay did not end within 10 s: it was still at connect by way of http://eu.proxy.example. If
the mailbox ann@shop.example at imap.shop.example:993 cannot be read: nothing listens there | the mailbox bob@shop.example at imap.shop.example:1993 cannot be read: nothing listens there
got 200 items instead of 12 | got 404 items instead of 12
expected 300 products, got 200 products | expected 300 products, got 201 products
the cart has 500 points | the cart has 404 points
your code is 4829 | your code is 1130
Bestellung 2026-000123 fehlt | Bestellung 2026-000999 fehlt
La commande n°4821 est introuvable | La commande n°17 est introuvable
注文番号 12345 がありません | 注文番号 987 がありません
السعر ٤٩٫٩٠ | السعر ٥٫٠٠
price 49,90&nbsp;€ | price 12,00&nbsp;€
https://shop.example/p/kettle-49281.html | https://shop.example/p/kettle-11.html
s3://bucket/run/2026/11/22/a.png | s3://bucket/run/2027/01/03/a.png
element #price-48213 > span:nth-child(2) is gone | element #price-7 > span:nth-child(2) is gone
session sess_1NabcXYZ98kQ2 expired | session sess_9QqzzLMN11aB7 expired
payment intent pi_3OabcDEF2eZvKYlo2C1 failed | payment intent pi_3PxyzKLM2eZvKYlo9Q8 failed
request id: Root=1-67abc123-0123456789abcdef01234567 | request id: Root=1-77fff999-aaaabbbbccccdddd00001111
ray id 8e5f3a2b1c9d4e7f-CDG | ray id 9a0b1c2d3e4f5a6b-FRA
Thread-12 (worker) died | Thread-4 (worker) died
retry 3/5 failed | retry 4/5 failed
ran 3 times in 1h 20m | ran 14 times in 45m
within 1.5e-05 | within 2e-3
score 0.73 below 0.9 | score .5 below 0.9
date is Montag, 23. November 2026 | date is Freitag, 1. Mai 2026
date is lundi 23 novembre 2026 | date is vendredi 1 mai 2026
date is 23 de noviembre de 2026 | date is 1 de mayo de 2026
date is Nov 22, 2026, 3:45 PM | date is Dec 1, 2026, 11:02 AM
delivery by Sat 28 Nov | delivery by Tue 1 Dec
delivery by Saturday, November 28 | delivery by Tuesday, December 1
Chrome/156.0.0.0 is refused | Chrome/157.1.2.3 is refused
IBAN FR76 3000 6000 0112 3456 7890 189 is bad | IBAN DE89 3704 0044 0532 0130 00 is bad
card 4242 4242 4242 4242 declined | card 5555-5555-5555-4444 declined
/api/orders/6561d0a2e4b0f1a2b3c4d5e6 is missing | /api/orders/65ffd0a2e4b0f1a2b3c4d5aa is missing
KeyError: 'order_48213' | KeyError: 'order_9'
[2001:db8::1]:443 refused | [2001:db8:0:1::99]:8443 refused
2001:db8::1 refused | fe80::1ff:fe23:4567:890a refused
blob:https://shop.example/87894f7d-ed01-4d06-8c88-8fba22d76157 | blob:https://shop.example/4fe436a8-2d0e-45ed-bc50-e9ea91cfe734
0 results | 12 results
version 1.2.3-rc4 | version 2.0.0
+1 point | -3 points
order 1234. | order 5.
'order-1234' | 'order-99'
<option value="48213">Kettle</option> | <option value="77">Kettle</option>
Timeout 30000ms exceeded while waiting for order 48213 | Timeout 5000ms exceeded while waiting for order 9
cart total 49,90 EUR differs from 4,99 EUR | cart total 12,00 EUR differs from 1,20 EUR
shipping to 75002 Paris not offered | shipping to 10115 Paris not offered
no receipt for invoice INV/2026/0042 | no receipt for invoice INV/2027/1189
invoice no. 2026-11-0042 has no VAT number | invoice no. 2027-01-1189 has no VAT number
user id 18273645 has no cart | user id 9 has no cart
page https://shop.example/products/48213?utm_source=x#reviews has no h1 | page https://shop.example/products/9 has no h1
websocket wss://eu.shop.example:8443/ws/ab12cd34 closed with code 1006 | websocket wss://us.shop.example/ws/ef56ab78 closed with code 1006
stock of SKU KT-0042-BLK is 0 | stock of SKU KT-0042-WHT is 0
ETag "33a64df551425fcc55e4d42a148795d9f25f89d4" changed | ETag "0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33" changed
certificate expired on Nov 22 12:00:00 2026 GMT | certificate expired on Jan  3 08:15:10 2027 GMT
process 20577 died | process 4 died
slot 2026-W47 is full | slot 2027-W02 is full
cookie _ga=GA1.2.1234567890.1700000000 leaks | cookie _ga=GA1.2.99.1800000000 leaks
LCP was 4812 ms on desktop | LCP was 9032 ms on desktop
commit 5ec9c0e broke it | commit c85eb10 broke it
object {'id': 1, 'price': 4.99} | object {'id': 2, 'price': 10.0}
between 10:00 and 12:00 | between 14:30 and 18:00
balance is -12.50 | balance is 3.10
width 1280x720 | width 390x844
MAC 00:1A:2B:3C:4D:5E unknown | MAC FF:FF:FF:00:00:01 unknown
price 4 990 Ft | price 12 500 Ft
order n° 4821 du 22/11/2026 à 10h32 | order n° 9 du 01/01/2027 à 8h05
um 10:32 Uhr | um 9:05 Uhr
"""

OTHER = """
price is wrong | order is missing
the heading is 'Payment' | the heading is 'Delivery'
status 500 | status 404
status 500 | status 503
status code 401 | status code 403
status_code=500 | status_code=502
status: 500 | status: 504
HTTP 404 | HTTP 500
HTTP/1.1 404 | HTTP/1.1 500
HTTP 429, code 20429 | HTTP 429, code 20003
expected 200, got 503 | expected 200, got 404
expected 200 but got 500 | expected 200 but got 502
expected 201, got 500 | expected 200, got 500
the shop answered 500 | the shop answered 404
the shop answered with status 500 | the shop answered with status 429
the shop returned 500 | the shop returned 403
the status was 500 | the status was 409
response [500] | response [404]
500 Internal Server Error | 502 Bad Gateway
404 Not Found at /pay | 410 Gone at /pay
404 Client Error: for url | 400 Client Error: for url
assert 500 == 200 | assert 404 == 200
assert 503 in (200, 201) | assert 500 in (200, 201)
assert 500 < 400 | assert 429 < 400
assert 500 == 200 | assert 48 == 49
assert 'failed' == 'paid' | assert 'pending' == 'paid'
assert None == 'paid' | assert 'failed' == 'paid'
not delivered (code 30003, undelivered) | not delivered (code 30007, undelivered)
exit status 1 | exit status 2
GET https://shop.example/orders is empty | GET https://shop.example/products is empty
GET https://shop.example/orders is empty | GET https://psp.example/orders is empty
GET https://api.shop.example/orders is empty | GET https://shop.example/orders is empty
GET https://shop.example/v1/orders is empty | GET https://shop.example/v2/orders is empty
GET https://shop.example/orders is empty | POST https://shop.example/orders is empty
net::ERR_CONNECTION_REFUSED at https://shop.example/ | net::ERR_CERT_DATE_INVALID at https://shop.example/
cannot read /tmp/a1/out.json | cannot read /tmp/a1/in.json
waiting for get_by_role("link").nth(1) | waiting for get_by_role("link").nth(3)
waiting for get_by_role("heading", level=1) | waiting for get_by_role("heading", level=2)
waiting for locator("h1") | waiting for locator("h2")
waiting for locator("#buy-1234") | waiting for locator("#cancel-1234")
the code came late | the code never came
no awaited sms came to +33600000001 within 12 s; what did arrive: nothing | no awaited sms came to +33600000001 within 12 s; what did arrive: Spam: 'Winter sale!'
no awaited sms came to +33600000001 within 12 s; what did arrive: nothing | no awaited email came to a@shop.example within 12 s; what did arrive: nothing
no sms address has carrier=Alto | no sms address has carrier=Bravo
step "pay" took 4.31 s, promised 3 s | step "cart" took 4.31 s, promised 3 s
it was still at dns by way of http://p1.example | it was still at connect by way of http://p1.example
upstream said 502 | upstream said 504
code 500 from the shop | code 404 from the shop
answered HTTP 500 (Internal) | answered HTTP 403 (Forbidden)
expected status 200, was 500 | expected status 200, was 404
Expected 200 OK but received 500 | Expected 200 OK but received 403
Status: 502 Bad Gateway | Status: 504 Gateway Timeout
{"status":500,"error":"x"} | {"status":404,"error":"x"}
{"statusCode": 500} | {"statusCode": 404}
assert 404 == 201 | assert 409 == 201
assert 200 == 404 | assert 500 == 404
assert response.status == 500 | assert response.status == 404
<Response [500]> | <Response [404]>
<Response [500 Internal Server Error]> | <Response [404 Not Found]>
Server error '500 Internal Server Error' for url 'x' | Client error '404 Not Found' for url 'x'
the server responded with a status of 404 (Not Found) | the server responded with a status of 500 (Internal Server Error)
ERR_HTTP2_PROTOCOL_ERROR | ERR_QUIC_PROTOCOL_ERROR
locator("tr").nth(0) | locator("tr").nth(12)
locator("li:nth-child(2)") | locator("li:nth-child(3)")
locator("xpath=//div[1]") | locator("xpath=//div[2]")
get_by_role("button", name="Pay") | get_by_role("button", name="Pay now")
GraphQL error: card | GraphQL error: address
Cart is empty | Cart is not empty
cannot read a.txt | cannot write a.txt
it is missing on the left | it is missing on the right
price is missing | price is €4.99
order None is missing | order 1234 is missing
Expected 'kettle' | Expected 'Kettle'
the API answered 500 after 3 retries | the API answered 404 after 3 retries
GET /api/orders -> 500 | GET /api/orders -> 404
GET /api/orders returned HTTP 500 | GET /api/orders returned HTTP 404
expected HTTP 200 but was HTTP 500 | expected HTTP 200 but was HTTP 404
expected status code 201 but got 500 | expected status code 201 but got 400
unexpected status 500 for order 4821 | unexpected status 400 for order 4821
status_code: 500 != 200 | status_code: 404 != 200
Request failed with status code 500 | Request failed with status code 404
HTTP Error 404: Not Found | HTTP Error 500: Internal Server Error
500 | 404
500 != 200 | 404 != 200
closed with code 1006 | closed with code 1011
to_have_count(6) | to_have_text("x")
"""

OTHER_RECORDED = """
click disabled | click missing
click disabled | click covered banner
click disabled | click moving
click missing | click covered banner
click missing | click two
click missing | click outside
click moving | click outside
click covered banner | click covered newsletter
click disabled | click disabled by id
click hidden | click missing
click missing | visible missing
fill readonly | fill disabled
fill disabled | fill missing
fill missing | fill not input
fill missing | frame missing
fill missing | select missing option
check refuses | checked
h1 missing | h1 wrong
h1 wrong | h1 other wrong
h1 wrong | h1 wrong Delivery
h1 missing | h2 missing
price wrong | count wrong
visible missing | visible hidden
visible missing | enabled disabled
visible missing | strict expect
not visible alert | alert empty
contain text | alert empty
url | title
value | attribute
nth | nth2
inner_text missing | wait_for attached
wait_for hidden | wait_for attached
wait_for_url | wait_for_selector
expect_response2 | expect_popup
expect_popup | expect_download
evaluate throws | evaluate undefined
goto refused | goto name
goto refused | goto cut
goto cut | goto timeout
goto timeout | goto invalid
page.request status | page.request 404
page.request status | page.request refused
raise_for_status 404 | raise_for_status 500
raise_for_status 500 | raise_for_status 503
raise_for_status 401 | raise_for_status 429
requests refused | requests name
requests refused | requests refused tls
requests refused | requests timeout
requests timeout | requests cut
requests not tls | requests refused tls
requests json | keyerror
open | socket
subprocess | subprocess timeout
pytest status_500 | pytest status_404
pytest status_in | pytest status_lt
pytest ok | pytest ok404
pytest status_var | pytest status_var404
pytest status_msg | pytest status_500
pytest body_msg | pytest ok
pytest total | pytest len
pytest state | pytest state2
pytest any | pytest call
pytest none | pytest raises
inbox nothing | inbox other message
inbox nothing | inbox one of two
inbox no code | inbox no link
inbox no code | inbox two codes
inbox down | inbox all leased
inbox no label | inbox all leased
twilio 401 | twilio 403
twilio 401 | twilio 404
twilio 429 | twilio 503
twilio 500 | twilio 503
twilio refused | twilio timeout
undelivered 30003 | undelivered 30005
undelivered 30005 | undelivered 30007
undelivered 30007 | undelivered None
undelivered None | inbox nothing
sla step | sla step cart
sla step | sla total
sla total | sla cls
"""

# What is told wrongly, and known to be: whether a word without digits, or a small number, is data cannot be seen.
SAME_NOT_SEEN = """
Gutschein ABC-2026-XYZ9 abgelaufen am 3. März 2026 | Gutschein DEF-2027-QRS1 abgelaufen am 12. April 2027
commit 5ec9c0e broke it | commit abcdefa broke it
object {'ids': [1, 2, 3]} | object {'ids': []}
delivery on Saturday | delivery on Monday
phone (0)6-12-34-56-78 bad | phone 0044 7700 900123 bad
/api/orders/abcdEFGhijk is missing | /api/orders/k1jhGFEdcba is missing
x-request-id=abc; took 3ms | x-request-id=zzz; took 9ms
1 order is missing | 2 orders are missing
"""

OTHER_NOT_SEEN = """
[404] /pay | [500] /pay
SMTP 550 refused | SMTP 421 refused
get_by_label("Address line 1") | get_by_label("Address line 2")
"""
