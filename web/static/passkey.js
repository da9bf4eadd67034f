// Passkeys: the only part of signing in that needs a script. It asks the browser, fills in the form and sends it.
(() => {
  "use strict";
  const sentences = document.getElementById("words").dataset;
  const bytes = (text) => {
    const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, (sign) => sign.charCodeAt(0));
  };
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const described = (list) => (list ?? []).map((one) => ({ ...one, id: bytes(one.id) }));

  const make = async (options) => {
    options.challenge = bytes(options.challenge);
    options.user.id = bytes(options.user.id);
    options.excludeCredentials = described(options.excludeCredentials);
    const made = await navigator.credentials.create({ publicKey: options });
    return {
      id: made.id, rawId: text(made.rawId), type: made.type, clientExtensionResults: {},
      response: {
        clientDataJSON: text(made.response.clientDataJSON),
        attestationObject: text(made.response.attestationObject),
      },
    };
  };
  const show = async (options) => {
    options.challenge = bytes(options.challenge);
    options.allowCredentials = described(options.allowCredentials);
    const shown = await navigator.credentials.get({ publicKey: options });
    const { clientDataJSON, authenticatorData, signature, userHandle } = shown.response;
    return {
      id: shown.id, rawId: text(shown.rawId), type: shown.type, clientExtensionResults: {},
      response: {
        clientDataJSON: text(clientDataJSON), authenticatorData: text(authenticatorData), signature: text(signature),
        userHandle: userHandle ? text(userHandle) : null,
      },
    };
  };

  const refuse = (form, sentence) => {
    const note = document.createElement("div");
    note.className = "note tone-bad";
    note.textContent = sentence;
    const place = form.querySelector(".form-errors");
    place.replaceChildren(note);
    place.focus();
  };
  const run = async (button) => {
    const form = button.form;
    const name = form.elements.name;
    if (name && !name.value.trim()) return form.requestSubmit(); // the server says what is missing
    button.disabled = true;
    try {
      const body = new URLSearchParams({ _csrf: form.elements._csrf?.value ?? "" });
      const answer = await fetch(button.dataset.begin, { method: "POST", body });
      if (answer.redirected) return void (location.href = answer.url);
      const told = await answer.json();
      if (!answer.ok) return refuse(form, told.detail);
      form.elements.answer.value = JSON.stringify(await (button.dataset.passkey === "make" ? make : show)(told));
      form.requestSubmit();
    } catch (error) {
      if (error.name === "InvalidStateError") refuse(form, sentences.passkeyThere);
      else if (error.name === "NotAllowedError") refuse(form, sentences.passkeyNone);
      else refuse(form, sentences.passkeyFailed);
    } finally {
      button.disabled = false;
    }
  };

  if (window.PublicKeyCredential) document.querySelectorAll("[data-passkeys]").forEach((part) => { part.hidden = false; });
  else document.querySelectorAll("[data-no-passkeys]").forEach((part) => { part.hidden = false; });
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-passkey]");
    if (button) run(button);
  });
})();
