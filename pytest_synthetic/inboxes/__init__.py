"""Where something the product sends must arrive: one outside thing a module."""
