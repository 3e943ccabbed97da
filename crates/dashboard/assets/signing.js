// Pages that write: a file that is too large is told before it is sent, and a request is signed with the person's own key. The
// key is read from its file, used by WebCrypto and forgotten; its field has no name, so the form does not send it.
"use strict";
for (const field of document.querySelectorAll("input[type=file][data-max]")) {
  field.addEventListener("change", () => {
    const large = [...field.files].some((file) => file.size > Number(field.dataset.max));
    field.setCustomValidity(large ? field.dataset.large : "");
    field.reportValidity();
  });
}

const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const toBase64 = (bytes) => btoa(String.fromCharCode(...bytes));
const fromBase64 = (text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
const digest = async (bytes) => hex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
const joined = (text, bytes) => {
  const head = new TextEncoder().encode(text);
  const all = new Uint8Array(head.length + bytes.length);
  all.set(head);
  all.set(bytes, head.length);
  return all;
};

// AlgorithmIdentifier of Ed25519 and the key in its two octet strings (RFC 8410 §7), as every PKCS#8 file of such a key has them.
const ED25519 = [0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
// A PKCS#8 of version 1 with nothing but the key: browsers do not read the attributes and public keys that some programs add.
function plainKey(pem) {
  const block = /-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END PRIVATE KEY-----/.exec(pem);
  if (!block) return null;
  const der = fromBase64(block[1].replace(/\s/g, ""));
  const at = der.findIndex((_, start) => ED25519.every((byte, offset) => der[start + offset] === byte));
  if (at < 0 || der.length < at + ED25519.length + 32) return null;
  const key = der.slice(at + ED25519.length, at + ED25519.length + 32);
  return Uint8Array.from([0x30, 0x2e, 0x02, 0x01, 0x00, ...ED25519, ...key]);
}

async function keyOf(pem) {
  const plain = plainKey(pem);
  if (!plain) return null;
  const key = await crypto.subtle.importKey("pkcs8", plain, { name: "Ed25519" }, true, ["sign"]);
  const { x } = await crypto.subtle.exportKey("jwk", key);
  const shown = fromBase64(x.replace(/-/g, "+").replace(/_/g, "/").padEnd(44, "="));
  return { key, id: (await digest(joined("ed25519\n", shown))).slice(0, 16) };
}

async function canSign() {
  try {
    await crypto.subtle.importKey("raw", new Uint8Array(32).fill(0x58), { name: "Ed25519" }, true, ["verify"]);
    return true;
  } catch {
    return false;
  }
}

const form = document.querySelector("form[data-sign]");
if (form) {
  const status = form.querySelector("[data-status]");
  const button = form.querySelector("button");
  const say = (text) => { status.textContent = text; };
  canSign().then((can) => {
    button.disabled = !can;
    if (!can) say(form.dataset.unsupported);
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const file = form.querySelector("#key").files[0];
    if (!file) return say(form.dataset.noKey);
    button.disabled = true;
    say(form.dataset.signing);
    try {
      const signer = await keyOf(await file.text()).catch(() => null);
      if (!signer) throw new Error(form.dataset.otherKey);
      const signatures = [];
      for (const row of document.querySelectorAll("[data-message]")) {
        const message = fromBase64(row.dataset.message);
        const sha256 = await digest(message);
        if (sha256 !== row.dataset.digest) throw new Error(form.dataset.differs);
        const signed = joined(`wufei-request/v1\n${row.dataset.method}\n`, message);
        const value = new Uint8Array(await crypto.subtle.sign("Ed25519", signer.key, signed));
        signatures.push({ sha256, algorithm: "ed25519", keyId: signer.id, value: toBase64(value) });
      }
      form.elements.signatures.value = JSON.stringify({ format: "wufei.signed/v1", signatures });
      form.submit();
    } catch (error) {
      say(error.message);
      button.disabled = false;
    }
  });
}
