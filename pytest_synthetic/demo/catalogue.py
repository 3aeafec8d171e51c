"""What the shop sells, and how its prices are written."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Language = Literal["en", "fr"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One article; `cents` is its price in euro cents, `name` and `blurb` are English, `nom` and `texte` French."""

    slug: str
    cents: int
    name: str
    nom: str
    blurb: str
    texte: str

    def title(self, language: Language) -> str:
        """Return the name a customer reads in `language`."""
        return self.nom if language == "fr" else self.name

    def story(self, language: Language) -> str:
        """Return the sentence that sells it in `language`."""
        return self.texte if language == "fr" else self.blurb

    def to_json(self) -> dict[str, object]:
        """Return `{"slug", "name", "names", "price", "currency"}`; `price` is a number of euros."""
        return {
            "slug": self.slug,
            "name": self.name,
            "names": {"en": self.name, "fr": self.nom},
            "price": self.cents / 100,
            "currency": "EUR",
        }


def money(cents: int, language: Language) -> str:
    """Write euro cents as customers read them: 4990 is `€49.90` in English and `49,90 €` in French."""
    english = f"{cents / 100:,.2f}"
    if language == "en":
        return f"€{english}"
    # An ordinary space, not the no-break one of French typography: journeys compare the text, and the CSS
    # keeps it on one line.
    return english.translate(str.maketrans(",.", " ,")) + " €"


_PRODUCTS = (
    Product(
        slug="kettle",
        cents=4990,
        name="Kettle",
        nom="Bouilloire",
        blurb="Brushed steel, 1.7 litres, and a whistle you can hear from the garden.",
        texte="Acier brossé, 1,7 litre, et un sifflet qui s'entend depuis le jardin.",
    ),
    Product(
        slug="gooseneck-kettle",
        cents=7900,
        name="Gooseneck kettle",
        nom="Bouilloire col de cygne",
        blurb="A thin, steady stream for those who pour by the gram.",
        texte="Un filet d'eau fin et régulier, pour verser au gramme près.",
    ),
    Product(
        slug="teapot",
        cents=3450,
        name="Teapot",
        nom="Théière",
        blurb="Glazed stoneware for four cups, with a lid that stays on.",
        texte="Grès émaillé, quatre tasses, et un couvercle qui tient en place.",
    ),
    Product(
        slug="cup",
        cents=1200,
        name="Cup",
        nom="Tasse",
        blurb="Thick enough to keep the heat, thin enough to drink from.",
        texte="Assez épaisse pour garder la chaleur, assez fine pour bien boire.",
    ),
    Product(
        slug="infuser",
        cents=890,
        name="Infuser",
        nom="Infuseur",
        blurb="A fine mesh that leaves the leaves where they belong.",
        texte="Une maille fine qui garde les feuilles à leur place.",
    ),
    Product(
        slug="tea-tin",
        cents=1650,
        name="Tea tin",
        nom="Boîte à thé",
        blurb="Airtight, stackable, and just large enough for a good month.",
        texte="Hermétique, empilable, juste assez grande pour un bon mois.",
    ),
)

CATALOGUE: Mapping[str, Product] = MappingProxyType({product.slug: product for product in _PRODUCTS})
"""Every product by its slug, in the order of the catalogue page."""
