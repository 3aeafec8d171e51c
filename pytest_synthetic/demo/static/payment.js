"use strict";

const alertLine = document.querySelector("[data-not-paid]");

async function pay(event) {
  const button = event.currentTarget;
  button.disabled = true;
  button.setAttribute("aria-busy", "true");
  alertLine.textContent = "";
  try {
    const response = await fetch(button.dataset.url, { method: "POST" });
    if (!response.ok) throw new Error(`the payment answered ${response.status}`);
    window.location.assign((await response.json()).next);
  } catch {
    alertLine.textContent = alertLine.dataset.notPaid;
    button.disabled = false;
    button.removeAttribute("aria-busy");
  }
}

// The ?. is what makes dead-pay-button silent: no button under this name, no handler, no error.
document.querySelector("[data-action=pay]")?.addEventListener("click", pay);
