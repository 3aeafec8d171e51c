"use strict";

const data = JSON.parse(document.getElementById("product-data").textContent);
document.querySelector("[data-stock]").textContent = data.stock.label;

const button = document.querySelector("[data-add]");
const added = document.querySelector("[data-added]");
const notAdded = document.querySelector("[data-not-added]");
const badge = document.querySelector("[data-articles]");

async function add() {
  const quantity = document.getElementById("quantity").valueAsNumber;
  const response = await fetch(button.dataset.add, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ slug: data.slug, quantity }),
  });
  if (!response.ok) throw new Error(`the cart answered ${response.status}`);
  return (await response.json()).articles;
}

button.addEventListener("click", async () => {
  added.textContent = notAdded.textContent = "";
  button.disabled = true;
  try {
    badge.textContent = await add();
    badge.hidden = false;
    added.textContent = added.dataset.added;
  } catch {
    notAdded.textContent = notAdded.dataset.notAdded;
  } finally {
    button.disabled = false;
  }
});
