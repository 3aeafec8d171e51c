"""Every sentence of the pages, in English and in French."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pytest_synthetic.demo.catalogue import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """The words of one language: a class, so that a sentence that was not translated is an error of types."""

    language: Language
    tagline: str
    cart: str
    sign_up: str
    footer: str
    catalogue: str
    welcome_in: str
    quantity: str
    add_to_cart: str
    added: str
    not_added: str
    in_stock: str
    empty_cart: str
    remove: str
    total: str
    checkout: str
    continue_shopping: str
    sign_up_why: str
    phone: str
    phone_hint: str
    send_code: str
    bad_phone: str
    enter_code: str
    code_sent: str
    code: str
    confirm: str
    wrong_code: str
    sms: str
    welcome: str
    welcome_why: str
    delivery: str
    full_name: str
    email: str
    street: str
    postcode: str
    city: str
    country: str
    countries: tuple[str, ...]
    to_payment: str
    incomplete: str
    payment: str
    deliver_to: str
    test_card: str
    pay: str
    not_paid: str
    thanks: str
    order_number: str
    mail_subject: str
    not_found: str
    not_found_why: str


ENGLISH = Texts(
    language="en",
    tagline="Good water, well boiled.",
    cart="Cart",
    sign_up="Sign up",
    footer="A demo shop: nothing is sold, nothing is sent.",
    catalogue="Kettles, teapots and cups",
    welcome_in="Everything between the tap and the first sip, made to be used every day.",
    quantity="Quantity",
    add_to_cart="Add to cart",
    added="Added to your cart.",
    not_added="This could not be added to your cart. Please try again.",
    in_stock="In stock, delivered in 2 days",
    empty_cart="Your cart is empty.",
    remove="Remove",
    total="Total",
    checkout="Checkout",
    continue_shopping="Continue shopping",
    sign_up_why="We send you a one-time code by text message. No password to remember.",
    phone="Phone",
    phone_hint="With its country code, such as +33 6 12 34 56 78",
    send_code="Send code",
    bad_phone="This is not a phone number we can write to. Start with the country code, such as +33.",
    enter_code="Enter your code",
    code_sent="We sent a code to {phone}.",
    code="Code",
    confirm="Confirm",
    wrong_code="This code is not right. Check the message and try again.",
    sms="{code} is your Kettle Shop code. Do not share it with anyone.",
    welcome="Welcome",
    welcome_why="{phone} is confirmed. Your account is ready.",
    delivery="Delivery",
    full_name="Full name",
    email="Email",
    street="Address",
    postcode="Postcode",
    city="City",
    country="Country",
    countries=("France", "Belgium", "Germany", "Ireland", "Spain"),
    to_payment="Continue to payment",
    incomplete="Please fill in every field, with a valid email.",
    payment="Payment",
    deliver_to="Deliver to",
    test_card="Test card ending in 4242",
    pay="Pay",
    not_paid="The payment did not go through. You have not been charged.",
    thanks="Thank you for your order",
    order_number="Order number",
    mail_subject="Your order {order}",
    not_found="Page not found",
    not_found_why="There is nothing at this address.",
)

FRENCH = Texts(
    language="fr",
    tagline="De l'eau, bien bouillie.",
    cart="Panier",
    sign_up="S'inscrire",
    footer="Boutique de démonstration : rien n'est vendu, rien n'est envoyé.",
    catalogue="Bouilloires, théières et tasses",
    welcome_in="Tout ce qu'il faut entre le robinet et la première gorgée, fait pour servir chaque jour.",
    quantity="Quantité",
    add_to_cart="Ajouter au panier",
    added="Ajouté à votre panier.",
    not_added="Impossible d'ajouter cet article à votre panier. Veuillez réessayer.",
    in_stock="En stock, livré en 2 jours",
    empty_cart="Votre panier est vide.",
    remove="Retirer",
    total="Total",
    checkout="Commander",
    continue_shopping="Continuer mes achats",
    sign_up_why="Nous vous envoyons un code à usage unique par SMS. Aucun mot de passe à retenir.",
    phone="Téléphone",
    phone_hint="Avec l'indicatif du pays, par exemple +33 6 12 34 56 78",
    send_code="Envoyer le code",
    bad_phone="Nous ne pouvons pas écrire à ce numéro. Commencez par l'indicatif du pays, par exemple +33.",
    enter_code="Saisissez votre code",
    code_sent="Nous avons envoyé un code au {phone}.",
    code="Code",
    confirm="Confirmer",
    wrong_code="Ce code n'est pas le bon. Vérifiez le message et réessayez.",
    sms="{code} est votre code Kettle Shop. Ne le communiquez à personne.",
    welcome="Bienvenue",
    welcome_why="Le {phone} est confirmé. Votre compte est prêt.",
    delivery="Livraison",
    full_name="Nom complet",
    email="E-mail",
    street="Adresse",
    postcode="Code postal",
    city="Ville",
    country="Pays",
    countries=("France", "Belgique", "Allemagne", "Irlande", "Espagne"),
    to_payment="Continuer vers le paiement",
    incomplete="Veuillez remplir tous les champs, avec un e-mail valide.",
    payment="Paiement",
    deliver_to="Livrer à",
    test_card="Carte de test se terminant par 4242",
    pay="Payer",
    not_paid="Le paiement n'a pas abouti. Vous n'avez pas été débité.",
    thanks="Merci de votre commande",
    order_number="Numéro de commande",
    mail_subject="Votre commande {order}",
    not_found="Page introuvable",
    not_found_why="Il n'y a rien à cette adresse.",
)

TEXTS: Mapping[Language, Texts] = MappingProxyType({"en": ENGLISH, "fr": FRENCH})
"""The words by language."""
