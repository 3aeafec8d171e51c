"""The shop, as its pages, its API and its faults answer to Flask's test client."""

import json
import random
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from pytest_synthetic.demo.catalogue import CATALOGUE, money
from pytest_synthetic.demo.faults import Fault, UnknownFaultError, parse_faults
from pytest_synthetic.demo.shop import REGION_HEADER, create_app
from pytest_synthetic.demo.sms import read_phone
from pytest_synthetic.demo.state import EXTENSION

PHONE = "+33612345678"
ADDRESS = {
    "name": "Ada Byron",
    "email": "ada@shop.example",
    "street": "1 rue du Thé",
    "postcode": "75002",
    "city": "Paris",
    "country": "France",
}
PREFIXES = pytest.mark.parametrize("prefix", ["", "/fr"])


@dataclass(slots=True, kw_only=True)
class Customer:
    """A test client with a time that only moves when told, and a record of what the shop slept."""

    client: FlaskClient
    now: list[datetime]
    slept: list[float] = field(default_factory=list)

    def wait(self, seconds: float) -> None:
        self.now[0] += timedelta(seconds=seconds)

    def text(self, path: str, status: int = 200) -> str:
        response = self.client.get(path)
        assert response.status_code == status, response.text
        page = unescape(response.text)
        response.close()  # a file of /static stays open otherwise
        return page

    def json(self, path: str) -> Any:
        response = self.client.get(path)
        assert response.status_code == 200, response.text
        return response.json

    def fill_cart(self, prefix: str = "", slug: str = "kettle", quantity: int = 1) -> TestResponse:
        return self.client.post(f"{prefix}/cart/items", json={"slug": slug, "quantity": quantity})

    def pay(self, prefix: str = "") -> TestResponse:
        self.fill_cart(prefix, quantity=2)
        self.client.post(f"{prefix}/checkout", data=ADDRESS)
        return self.client.post(f"{prefix}/payment")

    def order_by_api(self) -> TestResponse:
        body = {"items": [{"slug": "kettle", "quantity": 2}, {"slug": "cup", "quantity": 1}], "email": "a@b.example"}
        return self.client.post("/api/orders", json=body)

    def messages(self) -> list[dict[str, str]]:
        found: list[dict[str, str]] = self.json(f"/api/outbox?to={PHONE}")
        return found

    def enter_code(self, code: str, prefix: str = "") -> TestResponse:
        return self.client.post(f"{prefix}/signup/code", data={"code": code}, follow_redirects=True)

    def ask_for_code(self, prefix: str = "") -> TestResponse:
        return self.client.post(f"{prefix}/signup", data={"phone": PHONE}, follow_redirects=True)


def visit(*faults: Fault) -> Customer:
    """Open a shop with `faults` on, and send one customer in."""
    now = [datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)]
    slept: list[float] = []
    app = create_app(
        faults=faults,
        payment_delay=0.6,
        code_delay=0.8,
        clock=lambda: now[0],
        sleep=slept.append,
        rng=random.Random(7),
    )
    app.testing = True
    return Customer(client=app.test_client(), now=now, slept=slept)


def heading(page: str) -> str:
    """Return the one heading of level 1."""
    (found,) = re.findall(r"<h1>(.*?)</h1>", page)
    return str(found)


def by_test_id(page: str, name: str) -> list[str]:
    """Return the texts of the elements with this test id."""
    return re.findall(rf'data-testid="{name}">(.*?)<', page)


class TestPages:
    @pytest.mark.parametrize(
        ("path", "title"),
        [
            ("/", "Kettles, teapots and cups"),
            ("/products/kettle", "Kettle"),
            ("/cart", "Cart"),
            ("/signup", "Sign up"),
            ("/fr/", "Bouilloires, théières et tasses"),
            ("/fr/products/kettle", "Bouilloire"),
            ("/fr/cart", "Panier"),
            ("/fr/signup", "S'inscrire"),
        ],
    )
    def test_each_has_its_heading_and_language(self, path: str, title: str) -> None:
        page = visit().text(path)
        assert heading(page) == title
        assert f'<html lang="{"fr" if path.startswith("/fr") else "en"}">' in page

    def test_the_catalogue_shows_every_product_with_its_price(self) -> None:
        assert by_test_id(visit().text("/"), "price") == ["€49.90", "€79.00", "€34.50", "€12.00", "€8.90", "€16.50"]
        assert by_test_id(visit().text("/fr/"), "price")[0] == "49,90 €"

    @pytest.mark.parametrize("slug", CATALOGUE)
    def test_every_product_has_a_page_and_a_picture_in_both_languages(self, slug: str) -> None:
        customer = visit()
        assert heading(customer.text(f"/products/{slug}")) == CATALOGUE[slug].name
        assert heading(customer.text(f"/fr/products/{slug}")) == CATALOGUE[slug].nom
        assert customer.text(f"/static/{slug}.svg").startswith("<svg")

    def test_the_language_link_leads_to_the_same_page(self) -> None:
        customer = visit()
        assert 'href="/fr/products/kettle" lang="fr" hreflang="fr">Français<' in customer.text("/products/kettle")
        assert 'href="/products/kettle" lang="en" hreflang="en">English<' in customer.text("/fr/products/kettle")

    @PREFIXES
    def test_an_unknown_address_is_a_page_in_its_language(self, prefix: str) -> None:
        title = "Page introuvable" if prefix else "Page not found"
        for path in ("/nothing", "/products/spoon", "/orders/KS-0"):
            assert heading(visit().text(prefix + path, status=404)) == title

    def test_every_file_a_page_refers_to_is_served_by_the_shop(self) -> None:
        customer = visit()
        for path in ("/", "/products/kettle"):
            for address in re.findall(r'(?:src|href)="([^"]+)"', customer.text(path)):
                assert address.startswith("/")
                assert customer.text(address)

    def test_no_text_of_one_language_is_left_on_pages_of_the_other(self) -> None:
        page = visit().text("/fr/products/kettle")
        assert "Ajouter au panier" in page
        assert "Add to cart" not in page


class TestCart:
    @PREFIXES
    def test_counts_prices_and_removes(self, prefix: str) -> None:
        customer = visit()
        assert customer.fill_cart(prefix).json == {"articles": 1}
        assert customer.fill_cart(prefix, slug="cup", quantity=2).json == {"articles": 3}
        assert by_test_id(customer.text(f"{prefix}/cart"), "price") == ["73,90 €" if prefix else "€73.90"]
        customer.client.post(f"{prefix}/cart/items/kettle/remove")
        assert by_test_id(customer.text(f"{prefix}/cart"), "price") == ["24,00 €" if prefix else "€24.00"]

    @pytest.mark.parametrize(
        ("body", "complaint"),
        [
            ({"slug": "ketle", "quantity": 1}, "item.slug: no product is called 'ketle'; the nearest is 'kettle'"),
            ({"slug": "kettle", "quantity": 0}, "item.quantity: expected a whole number from 1 to 99, got 0"),
            ({"slug": "kettle"}, "item.quantity: expected a whole number from 1 to 99, got None"),
            (None, 'item: expected an object like {"slug": "kettle", "quantity": 1}'),
        ],
    )
    def test_says_what_cannot_be_added(self, body: object, complaint: str) -> None:
        response = visit().client.post("/cart/items", data=json.dumps(body))
        assert (response.status_code, response.json) == (422, {"error": complaint})

    def test_belongs_to_one_visitor(self) -> None:
        customer = visit()
        customer.fill_cart()
        stranger = customer.client.application.test_client()
        assert "Your cart is empty." in stranger.get("/cart").text

    def test_is_needed_to_check_out(self) -> None:
        customer = visit()
        assert customer.client.get("/checkout").location == "/cart"
        assert customer.client.get("/fr/payment").location == "/fr/cart"
        customer.fill_cart()
        assert customer.client.get("/payment").location == "/checkout"


class TestSignUp:
    def test_the_code_that_was_sent_opens_the_welcome_page(self) -> None:
        customer = visit()
        page = unescape(customer.ask_for_code().text)
        assert heading(page) == "Enter your code"
        assert f"We sent a code to {PHONE}." in page
        (message,) = customer.messages()
        code, rest = message["body"][:6], message["body"][6:]
        assert rest == " is your Kettle Shop code. Do not share it with anyone."
        assert heading(customer.enter_code(code).text) == "Welcome"

    def test_in_french(self) -> None:
        customer = visit()
        assert heading(customer.ask_for_code("/fr").text) == "Saisissez votre code"
        (message,) = customer.messages()
        assert message["body"].endswith(" est votre code Kettle Shop. Ne le communiquez à personne.")
        assert heading(customer.enter_code(message["body"][:6], "/fr").text) == "Bienvenue"

    @PREFIXES
    def test_a_wrong_code_is_an_error_and_no_welcome(self, prefix: str) -> None:
        customer = visit()
        customer.ask_for_code(prefix)
        response = customer.enter_code("wrong!", prefix)
        assert response.status_code == 422
        assert ("Ce code n'est pas le bon." if prefix else "This code is not right.") in unescape(response.text)
        assert customer.client.get(f"{prefix}/welcome").location == f"{prefix}/signup"

    def test_a_second_code_replaces_the_first(self) -> None:
        customer = visit()
        customer.ask_for_code()
        customer.ask_for_code()
        first, second = (message["body"][:6] for message in customer.messages())
        assert customer.enter_code(first).status_code == 422
        assert heading(customer.enter_code(second).text) == "Welcome"

    @PREFIXES
    def test_a_number_that_is_none_is_an_error(self, prefix: str) -> None:
        response = visit().client.post(f"{prefix}/signup", data={"phone": "06 12"})
        assert response.status_code == 422
        assert 'role="alert"' in response.text
        assert 'value="06 12"' in response.text

    def test_the_code_page_sends_back_who_has_not_asked(self) -> None:
        customer = visit()
        assert customer.client.get("/signup/code").location == "/signup"
        assert customer.client.post("/fr/signup/code", data={"code": "123456"}).location == "/fr/signup"

    @pytest.mark.parametrize(
        ("typed", "number"),
        [("+33 6 12-34.56(78)", PHONE), ("0033612345678", PHONE), ("0612345678", None), ("", None), ("+33a", None)],
    )
    def test_reads_numbers_as_people_write_them(self, typed: str, number: str | None) -> None:
        assert read_phone(typed) == number


class TestOutbox:
    def test_describes_a_message(self) -> None:
        customer = visit()
        customer.ask_for_code()
        (message,) = customer.messages()
        assert message.keys() == {"id", "to", "from", "body", "sent_at", "carrier"}
        assert message["to"] == PHONE
        assert message["sent_at"] == "2026-01-02T03:04:05+00:00"
        assert message["carrier"] == "Cirrus"

    def test_shows_only_messages_to_the_number_asked_for(self) -> None:
        customer = visit()
        customer.ask_for_code()
        assert customer.json("/api/outbox?to=%2B33600000000") == []

    @pytest.mark.parametrize("query", ["", "?to=", "?to=ada"])
    def test_wants_a_number(self, query: str) -> None:
        response = visit().client.get(f"/api/outbox{query}")
        assert response.status_code == 422
        assert "expected a number like +33612345678" in response.text

    def test_lists_in_order_of_arrival_not_of_sending(self) -> None:
        customer = visit(Fault.LATE_CODE)
        customer.ask_for_code()
        customer.client.delete("/__faults")
        customer.wait(0.1)
        customer.ask_for_code()
        customer.wait(5)
        times = [message["sent_at"] for message in customer.messages()]
        assert times == sorted(times, reverse=True)


class TestPayment:
    @PREFIXES
    def test_makes_an_order_that_the_page_shows_and_the_api_reads_and_deletes(self, prefix: str) -> None:
        customer = visit()
        response = customer.pay(prefix)
        assert response.status_code == 201
        assert response.json is not None
        page = customer.text(response.json["next"])
        (order,) = by_test_id(page, "order")
        assert order == response.json["order"]
        assert by_test_id(page, "price") == ["99,80 €" if prefix else "€99.80"]
        found = customer.json(f"/api/orders/{order}")
        assert (found["total"], found["email"], found["channel"]) == (99.8, "ada@shop.example", "web")
        assert customer.client.delete(f"/api/orders/{order}").status_code == 204
        customer.text(response.json["next"], status=404)

    def test_shows_the_address_the_total_and_the_button(self) -> None:
        customer = visit()
        customer.fill_cart("/fr")
        assert customer.client.post("/fr/checkout", data=ADDRESS).location == "/fr/payment"
        page = customer.text("/fr/payment")
        assert "75002 Paris, France" in page
        assert by_test_id(page, "price") == ["49,90 €"]
        assert re.search(r'<button [^>]*data-action="pay" data-url="/fr/payment">Payer</button>', page)

    def test_empties_the_cart_so_that_a_second_click_buys_nothing(self) -> None:
        customer = visit()
        customer.pay()
        again = customer.client.post("/payment")
        assert again.status_code == 409
        assert again.json == {"error": "there is nothing to pay: the cart is empty or has no address"}

    def test_without_an_address_keeps_the_cart(self) -> None:
        customer = visit()
        customer.fill_cart()
        assert customer.client.post("/payment").status_code == 409
        assert by_test_id(customer.text("/cart"), "price") == ["€49.90"]

    @PREFIXES
    @pytest.mark.parametrize("missing", ADDRESS)
    def test_wants_every_field_of_the_address(self, prefix: str, missing: str) -> None:
        customer = visit()
        customer.fill_cart(prefix)
        response = customer.client.post(f"{prefix}/checkout", data=ADDRESS | {missing: " "})
        assert response.status_code == 422
        assert 'role="alert"' in response.text

    def test_keeps_what_was_typed_in_an_incomplete_address(self) -> None:
        response = visit().client.post("/checkout", data={"name": '"><b>Ada', "country": "Ireland"})
        assert 'value="&#34;&gt;&lt;b&gt;Ada"' in response.text
        assert "<option selected>Ireland</option>" in response.text


class TestOrdersApi:
    def test_creates_reads_and_deletes(self) -> None:
        customer = visit()
        created = customer.order_by_api()
        assert created.status_code == 201
        assert created.json is not None
        assert (created.json["total"], created.json["currency"], created.json["channel"]) == (111.8, "EUR", "api")
        path = f"/api/orders/{created.json['id']}"
        assert customer.json(path) == created.json
        assert customer.client.delete(path).status_code == 204
        assert customer.client.get(path).status_code == 404
        gone = customer.client.delete(path)
        assert (gone.status_code, gone.json) == (404, {"error": f"there is no order {created.json['id']!r}"})

    @pytest.mark.parametrize(
        ("body", "complaint"),
        [
            ([], "the body must be a JSON object"),
            ({}, "items: expected a list of at least one item"),
            ({"items": [], "email": "a@b.example"}, "items: expected a list of at least one item"),
            ({"items": ["kettle"]}, "items[0]: expected an object"),
            ({"items": [{"slug": "tea", "quantity": 1}]}, "items[0].slug: no product is called 'tea'; the nearest is"),
            ({"items": [{"slug": ["cup"], "quantity": 1}]}, "items[0].slug: no product is called ['cup']"),
            ({"items": [{"slug": "cup", "quantity": True}]}, "items[0].quantity: expected a whole number from 1 to 99"),
            ({"items": [{"slug": "cup", "quantity": 100}]}, "items[0].quantity: expected a whole number"),
            ({"items": [{"slug": "cup", "quantity": 1}]}, "email: expected an address like a@b.example, got None"),
            ({"items": [{"slug": "cup", "quantity": 1}], "email": "ada"}, "email: expected an address"),
        ],
    )
    def test_says_what_is_wrong_with_an_order(self, body: object, complaint: str) -> None:
        response = visit().client.post("/api/orders", json=body)
        assert response.status_code == 422
        assert response.json is not None
        assert response.json["error"].startswith(complaint)

    def test_says_that_a_body_is_not_json(self) -> None:
        response = visit().client.post("/api/orders", data="kettle please")
        assert (response.status_code, "must be a JSON object" in response.text) == (422, True)

    def test_numbers_differ_when_orders_come_at_once(self) -> None:
        app = visit().client.application
        body = {"items": [{"slug": "cup", "quantity": 1}], "email": "a@b.example"}

        def buy(_: int) -> str:
            answer = app.test_client().post("/api/orders", json=body).json
            return str(answer["id"]) if answer else ""

        with ThreadPoolExecutor(16) as pool:
            numbers = list(pool.map(buy, range(200)))
        assert len(set(numbers)) == 200
        assert all(app.test_client().get(f"/api/orders/{number}").status_code == 200 for number in numbers)

    def test_numbers_differ_from_one_start_of_the_shop_to_the_next(self) -> None:
        first, second = (create_app().test_client().post("/api/orders", json=ORDER).json for _ in range(2))
        assert first is not None
        assert second is not None
        assert first["id"] != second["id"]


ORDER = {"items": [{"slug": "cup", "quantity": 1}], "email": "a@b.example"}


class TestProductsApi:
    def test_lists_what_the_catalogue_shows(self) -> None:
        products = visit().json("/api/products")
        assert [product["slug"] for product in products] == list(CATALOGUE)

    def test_describes_one(self) -> None:
        assert visit().json("/api/products/kettle") == {
            "slug": "kettle",
            "name": "Kettle",
            "names": {"en": "Kettle", "fr": "Bouilloire"},
            "price": 49.9,
            "currency": "EUR",
        }

    def test_errors_are_json(self) -> None:
        client = visit().client
        missing = client.get("/api/products/ketle")
        assert (missing.status_code, missing.json) == (
            404,
            {"error": "no product is called 'ketle'; the nearest is 'kettle'"},
        )
        nowhere, method = client.get("/api/nothing"), client.delete("/api/products")
        assert (nowhere.status_code, method.status_code) == (404, 405)
        assert nowhere.json is not None
        assert method.json is not None

    def test_mail_is_listed_for_whom_it_is(self) -> None:
        customer = visit()
        order = str((customer.pay().json or {})["order"])
        (mail,) = customer.json(f"/api/mail?to={ADDRESS['email']}")

        assert (mail["id"], mail["to"]) == ("0", ADDRESS["email"])
        assert order in mail["subject"]
        assert order in mail["text"]
        assert customer.json("/api/mail?to=somebody@else.example") == []

    def test_health(self) -> None:
        assert visit().json("/healthz") == {"status": "ok"}


class TestFaultSwitch:
    def test_turns_faults_on_and_off_while_running(self) -> None:
        client = visit(Fault.BLANK_PAGE).client
        assert client.get("/__faults").json == ["blank-page"]
        put = client.put("/__faults", json=["wrong-price", "api-500"])
        assert (put.status_code, put.json) == (200, ["api-500", "wrong-price"])
        assert client.get("/api/products").status_code == 500
        assert client.delete("/__faults").status_code == 204
        assert client.get("/__faults").json == []
        assert client.get("/api/products").status_code == 200

    def test_names_the_nearest_fault_and_changes_nothing(self) -> None:
        client = visit(Fault.API_500).client
        response = client.put("/__faults", json=["wrong-price", "slow-paiment"])
        assert response.status_code == 422
        assert "no fault is called 'slow-paiment'; the nearest is 'slow-payment'" in response.text
        assert client.get("/__faults").json == ["api-500"]

    def test_breaks_the_shop_for_the_visitors_of_one_region(self) -> None:
        client = visit().client
        switch = client.application.extensions[EXTENSION].faults
        switch.replace([Fault.API_500], regions=["us-east"])

        def status(region: str | None) -> int:
            return client.get("/api/products", headers={REGION_HEADER: region} if region else {}).status_code

        assert [status(region) for region in ("us-east", "eu-west", None)] == [500, 200, 200]
        switch.replace([Fault.API_500])
        assert [status(region) for region in ("us-east", "eu-west", None)] == [500, 500, 500]
        switch.replace([])
        assert status("us-east") == 200

    @pytest.mark.parametrize("body", ["nonsense", '"api-500"', "[1]", "{}"])
    def test_wants_a_list_of_names(self, body: str) -> None:
        assert visit().client.put("/__faults", data=body).status_code == 422

    def test_every_fault_has_its_line(self) -> None:
        assert [fault.value for fault in Fault] == [
            "dead-pay-button",
            "wrong-price",
            "slow-payment",
            "api-500",
            "blank-page",
            "js-error",
            "late-code",
            "lost-code",
            "provider-down",
            "wrong-language",
        ]
        assert all(fault.description and "\n" not in fault.description for fault in Fault)

    def test_parses_names(self) -> None:
        assert parse_faults(["api-500", "api-500"]) == {Fault.API_500}
        with pytest.raises(UnknownFaultError) as caught:
            parse_faults(["qqq"])
        assert caught.value.nearest in list(Fault)


class TestFaults:
    @pytest.mark.parametrize("fault", Fault)
    def test_leave_the_health_check_green(self, fault: Fault) -> None:
        assert visit(fault).json("/healthz") == {"status": "ok"}

    @pytest.mark.parametrize("fault", sorted(set(Fault) - {Fault.SLOW_PAYMENT}))
    def test_leave_the_server_able_to_sell_at_the_right_price(self, fault: Fault) -> None:
        customer = visit(fault)
        answer = customer.pay().json
        customer.client.delete("/__faults")
        assert answer is not None
        assert customer.json(f"/api/orders/{answer['order']}")["total"] == 99.8
        assert customer.slept == []

    @PREFIXES
    def test_dead_pay_button_changes_only_the_mark_the_script_looks_for(self, prefix: str) -> None:
        customer = visit(Fault.DEAD_PAY_BUTTON)
        customer.fill_cart(prefix)
        customer.client.post(f"{prefix}/checkout", data=ADDRESS)
        broken = customer.text(f"{prefix}/payment")
        customer.client.delete("/__faults")
        assert broken.replace('data-action="pay-now"', 'data-action="pay"') == customer.text(f"{prefix}/payment")
        assert 'data-action="pay-now"' in broken
        assert "[data-action=pay]" in customer.text("/static/payment.js")

    @PREFIXES
    def test_wrong_price_is_on_the_product_page_and_in_the_cart_alone(self, prefix: str) -> None:
        customer = visit(Fault.WRONG_PRICE)
        customer.fill_cart(prefix)
        wrong, right = ["4,99 €" if prefix else "€4.99"], ["49,90 €" if prefix else "€49.90"]
        assert by_test_id(customer.text(f"{prefix}/products/kettle"), "price") == wrong
        assert by_test_id(customer.text(f"{prefix}/cart"), "price") == wrong
        assert by_test_id(customer.text(f"{prefix}/"), "price")[:1] == right
        assert customer.json("/api/products/kettle")["price"] == 49.9
        customer.client.post(f"{prefix}/checkout", data=ADDRESS)
        assert by_test_id(customer.text(f"{prefix}/payment"), "price") == right

    def test_slow_payment_takes_longer_and_succeeds(self) -> None:
        customer = visit(Fault.SLOW_PAYMENT)
        assert customer.pay().status_code == 201
        assert customer.slept == [0.6]

    def test_api_500_breaks_products_and_orders_and_no_page(self) -> None:
        customer = visit(Fault.API_500)
        for answer in (
            customer.order_by_api(),
            customer.client.get("/api/products"),
            customer.client.get("/api/products/kettle"),
            customer.client.get("/api/orders/KS-1"),
            customer.client.delete("/api/orders/KS-1"),
        ):
            assert answer.status_code == 500
            assert answer.json == {"error": "internal error: the order database does not answer"}
        assert heading(customer.text("/products/kettle")) == "Kettle"
        assert customer.messages() == []

    @PREFIXES
    def test_blank_page_answers_200_with_an_empty_body(self, prefix: str) -> None:
        customer = visit(Fault.BLANK_PAGE)
        for path in ("/", "/products/kettle"):
            assert "<body></body>" in customer.text(prefix + path)
        assert heading(customer.text(f"{prefix}/cart")) == ("Panier" if prefix else "Cart")
        assert customer.client.get(f"{prefix}/products/spoon").status_code == 404

    @PREFIXES
    def test_js_error_takes_away_what_the_script_reads_and_nothing_seen(self, prefix: str) -> None:
        customer = visit(Fault.JS_ERROR)
        broken = customer.text(f"{prefix}/products/kettle")
        assert 'id="product-data">{"slug": "kettle"}<' in broken
        assert by_test_id(broken, "price") == ["49,90 €" if prefix else "€49.90"]
        assert customer.fill_cart(prefix).status_code == 200
        customer.client.delete("/__faults")
        assert '"stock": {"label": "' in customer.text(f"{prefix}/products/kettle")

    def test_late_code_arrives_after_the_delay_and_is_right(self) -> None:
        customer = visit(Fault.LATE_CODE)
        assert "We sent a code to" in customer.ask_for_code().text
        customer.wait(0.79)
        assert customer.messages() == []
        customer.wait(0.01)
        (message,) = customer.messages()
        assert message["sent_at"] == "2026-01-02T03:04:05+00:00"
        assert heading(customer.enter_code(message["body"][:6]).text) == "Welcome"

    def test_lost_code_never_comes_and_the_page_says_that_it_was_sent(self) -> None:
        customer = visit(Fault.LOST_CODE)
        assert "We sent a code to" in customer.ask_for_code().text
        customer.wait(1_000_000)
        assert customer.messages() == []

    def test_wrong_language_puts_english_words_and_prices_under_fr(self) -> None:
        customer = visit(Fault.WRONG_LANGUAGE)
        page = customer.text("/fr/products/kettle")
        assert heading(page) == "Kettle"
        assert by_test_id(page, "price") == ["€49.90"]
        assert "Ajouter au panier" not in page
        assert '<html lang="fr">' in page
        assert 'href="/products/kettle" lang="en" hreflang="en">English<' in page
        customer.ask_for_code("/fr")
        assert "is your Kettle Shop code" in customer.messages()[0]["body"]
        paid = customer.pay("/fr").json
        assert paid is not None
        assert paid["next"] == f"/fr/orders/{paid['order']}"
        assert heading(customer.text(paid["next"])) == "Thank you for your order"

    def test_wrong_language_leaves_the_english_pages_alone(self) -> None:
        assert visit(Fault.WRONG_LANGUAGE).text("/") == visit().text("/")


@pytest.mark.parametrize(
    ("cents", "english", "french"),
    [(4990, "€49.90", "49,90 €"), (5, "€0.05", "0,05 €"), (1_234_500, "€12,345.00", "12 345,00 €")],
)
def test_prices_are_written_as_customers_read_them(cents: int, english: str, french: str) -> None:
    assert (money(cents, "en"), money(cents, "fr")) == (english, french)
