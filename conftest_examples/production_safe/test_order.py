import pytest

ORDER = {"items": [{"slug": "kettle", "quantity": 1}], "email": "ada+synthetic@shop.example"}


@pytest.mark.journey("Order a kettle", id="order", stage="purchase", owner="payments")
@pytest.mark.mutates
def test_order(journey, api, secrets):
    with journey.step("order"):
        answer = api.post("/api/orders", json=ORDER, auth=("ada", secrets["SHOP_PASSWORD"]))
        assert answer.status_code == 201, answer.text
        order = answer.json()["id"]
        # On the disk before the journey goes on. It is removed at the end, or by `synthetic cleanup` after a kill.
        journey.created("order", order, remove=api.request_for("DELETE", f"/api/orders/{order}", headers={}))

    with journey.step("read it"):
        print("logged in with", secrets["SHOP_PASSWORD"])
        assert api.get(f"/api/orders/{order}").json()["total"] == 49.90


@pytest.mark.journey("Look at the order page", id="look", stage="purchase", owner="payments")
def test_look(journey, api):
    answer = api.get("/products/kettle")
    assert answer.ok
    assert "Kettle" in answer.text
