// Comfort for the console. Every page works without this module.

/** Turns the server-rendered open dialog into a modal one: focus stays inside, Escape leaves. */
function upgradeDialog() {
  const dialog = document.querySelector("dialog.modal[open]");
  if (!dialog?.showModal) return;
  // Not close(): that would fire the event which leaves the page.
  dialog.removeAttribute("open");
  dialog.showModal();
  // Back from the list: the browser may restore this page with its dialog closed.
  addEventListener("pageshow", () => dialog.open || dialog.showModal());
  dialog.addEventListener("close", () => location.assign(dialog.querySelector("a[data-close]").href));
}

/** Copies the text of the element that `data-copy` names and says so in the status beside it. */
function upgradeCopyButtons() {
  for (const button of document.querySelectorAll("button[data-copy]")) {
    const source = document.getElementById(button.dataset.copy);
    const status = button.parentElement.querySelector("[role=status]");
    button.hidden = false;
    button.addEventListener("click", async () => {
      status.textContent = "";
      const copied = await copy(source, button);
      status.textContent = copied ? "Copied" : "Selected: press Ctrl+C or ⌘C to copy";
    });
  }
}

async function copy(source, button) {
  try {
    // Missing on plain http outside localhost, as in many studio networks.
    await navigator.clipboard.writeText(source.value ?? source.textContent);
    return true;
  } catch {
    select(source);
    const copied = document.execCommand("copy");
    if (copied) button.focus();
    return copied;
  }
}

function select(element) {
  if (element.select) {
    element.focus();
    element.select();
  } else {
    getSelection().selectAllChildren(element);
  }
}

/**
 * Applies the filters as they change. Only the parts marked `data-live` are replaced, so the
 * field keeps its focus; the address follows, so that a reload shows the same list.
 */
function upgradeFilter() {
  const form = document.querySelector("form[data-filter]");
  if (!form) return;
  form.querySelector("[data-filter-submit]").hidden = true;
  let timer;
  let running;

  async function apply() {
    clearTimeout(timer);
    running?.abort();
    running = new AbortController();
    const url = `${form.action}?${new URLSearchParams(new FormData(form))}`;
    try {
      const answer = await fetch(url, { signal: running.signal });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (!replaceLiveParts(page)) return location.assign(url);
      history.replaceState(null, "", url);
    } catch (error) {
      if (error.name !== "AbortError") location.assign(url);
    }
  }

  form.addEventListener("input", (event) => {
    clearTimeout(timer);
    timer = setTimeout(apply, event.target.type === "search" ? 300 : 0);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    apply();
  });
}

/** False when the answer is not this page, for instance the sign-in page. */
function replaceLiveParts(page) {
  const pairs = [...document.querySelectorAll("[data-live]")].map((part) => [part, page.getElementById(part.id)]);
  if (pairs.some(([, fresh]) => !fresh)) return false;
  for (const [part, fresh] of pairs) part.replaceChildren(...fresh.childNodes);
  return true;
}

/** Security keys and passkeys: the form gets what a key answers to the server's options, and is sent then. */
function upgradeKeys() {
  if (!navigator.credentials) return;
  for (const form of document.querySelectorAll("form[data-add-key], form[data-get-key]")) {
    const { addKey, getKey } = form.dataset;
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      withKey(form, async () => {
        const body = new URLSearchParams({ csrf: form.elements.csrf.value });
        const answer = await fetch(addKey ?? getKey, { method: "POST", body });
        if (answer.redirected) throw new Error("The session has ended. Sign in again.");
        const options = await answer.json().catch(() => null);
        if (!answer.ok || !options) throw new Error(options?.message ?? "That failed. Reload the page and try again.");
        const publicKey = decoded(options);
        return addKey ? navigator.credentials.create({ publicKey }) : navigator.credentials.get({ publicKey });
      });
    });
  }
  for (const button of document.querySelectorAll("button[data-use-key]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      if (!button.form.reportValidity()) return;
      const options = JSON.parse(button.dataset.useKey);
      withKey(button.form, () => navigator.credentials.get({ publicKey: decoded(options) }));
    });
  }
}

async function withKey(form, ask) {
  const status = form.querySelector("[role=status]");
  status.textContent = "Use the key.";
  try {
    form.elements.answer.value = JSON.stringify(encoded(await ask()));
    form.submit();
  } catch (error) {
    status.textContent = error.name === "NotAllowedError" ? "The key was not used, or is another one." : error.message;
  }
}

/** The options with their base64url texts as bytes. */
function decoded(options) {
  const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
  const keys = (list) => list?.map((key) => ({ ...key, id: bytes(key.id) }));
  const user = options.user && { ...options.user, id: bytes(options.user.id) };
  return {
    ...options,
    ...(user && { user }),
    challenge: bytes(options.challenge),
    excludeCredentials: keys(options.excludeCredentials),
    allowCredentials: keys(options.allowCredentials),
  };
}

/** What a key answered, with its bytes as base64url texts. */
function encoded({ id, type, rawId, response }) {
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const names = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  const parts = names.filter((name) => response[name]).map((name) => [name, text(response[name])]);
  return { id, type, rawId: text(rawId), response: Object.fromEntries(parts) };
}

upgradeDialog();
upgradeCopyButtons();
upgradeFilter();
upgradeKeys();
