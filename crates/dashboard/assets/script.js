// Pages work without this. It shows the number behind a slider, asks the server for the result when the slider has moved (the
// page stays, and so does the focus), and asks for a page again when what it shows has changed.
"use strict";
const parsed = async (answer) => new DOMParser().parseFromString(await answer.text(), "text/html");
for (const field of document.querySelectorAll("input[data-auto]")) {
  field.addEventListener("change", async () => {
    const answer = await fetch(`${location.pathname}?${new URLSearchParams(new FormData(field.form))}`);
    if (!answer.ok) return;
    const fresh = (await parsed(answer)).querySelector("[data-result]");
    if (fresh) document.querySelector("[data-result]")?.replaceChildren(...fresh.childNodes);
  });
}
for (const output of document.querySelectorAll("output[data-of]")) {
  const field = document.getElementById(output.dataset.of);
  field?.addEventListener("input", () => { output.textContent = field.value; });
}
// A page marked data-live shows what is so now.
const live = document.querySelector("main[data-live]");
if (live && window.EventSource) {
  const events = new EventSource("/events");
  events.addEventListener("changed", async () => {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (!answer.ok) return;
    const fresh = (await parsed(answer)).querySelector("main[data-live]");
    if (!fresh || fresh.innerHTML === live.innerHTML) return;
    // Whoever is at a link keeps it.
    const at = live.contains(document.activeElement) && document.activeElement.getAttribute("href");
    live.replaceChildren(...fresh.childNodes);
    if (at) live.querySelector(`[href="${CSS.escape(at)}"]`)?.focus();
  });
  addEventListener("pagehide", () => events.close());
}
