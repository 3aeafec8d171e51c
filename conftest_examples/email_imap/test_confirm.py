import pytest


@pytest.mark.journey("Confirm an e-mail address", id="confirm", stage="evaluation", owner="identity")
def test_confirm(journey, email_inbox, send_mail):
    with journey.step("receive the mail"):
        with email_inbox.expect(matching="Welcome", within="10s", give_up="30s") as mail:
            send_mail(email_inbox.address)
        assert mail.subject == "Confirm your address"
        assert mail.sender == "Kettle Shop <no-reply@shop.example>"

    with journey.step("read what is in it"):
        assert mail.code == "493021"
        assert mail.link(host="shop.example") == "https://shop.example/confirm/4f2a"


@pytest.mark.journey("Confirm two addresses", id="two", stage="evaluation", owner="identity")
def test_two(journey, email_inbox, send_mail):
    with email_inbox.lease() as other:
        assert other.address != email_inbox.address
        with other.expect(give_up="30s") as mail:
            send_mail(email_inbox.address)
            send_mail(other.address)
    assert mail.code == "493021"
