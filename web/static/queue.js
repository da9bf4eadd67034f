// What was done on this device and not sent yet: kept in order, each with its own key, sent once. Used by pages and by sw.js.
(() => {
  "use strict";
  const HAND = "plantops-entry:"; // a lock of this name: a page is sending this entry itself, until it hears or is closed
  const ASKS_MS = 15000;
  const SENDS_MS = 120000; // a photo over a poor network
  const MOST_TRIES = 3;
  let opened = null;
  const open = () =>
    (opened ??= new Promise((resolve, reject) => {
      const asked = indexedDB.open("plantops", 1);
      asked.onupgradeneeded = () => {
        asked.result.createObjectStore("entries", { keyPath: "n", autoIncrement: true });
        asked.result.createObjectStore("meta");
      };
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => reject(asked.error);
    }));
  // Resolves when it is on the disk, not when it was asked for.
  const run = async (store, mode, work, durability = "default") => {
    const base = await open();
    return new Promise((resolve, reject) => {
      const change = base.transaction(store, mode, { durability });
      const asked = work(change.objectStore(store));
      change.oncomplete = () => resolve(asked?.result);
      change.onerror = change.onabort = () => reject(change.error);
    });
  };
  const news = new BroadcastChannel("plantops-queue");
  const teller = new BroadcastChannel("plantops-queue"); // one of its own, so that this page hears of its own changes too
  const tell = () => teller.postMessage("changed");
  const all = () => run("entries", "readonly", (store) => store.getAll());
  const add = async (entry) => {
    const n = await run("entries", "readwrite", (store) => store.add(entry), "strict");
    tell();
    return n;
  };
  const drop = async (n) => {
    await run("entries", "readwrite", (store) => store.delete(n));
    tell();
  };
  const change = async (n, values) => {
    await run("entries", "readwrite", (store) => {
      const asked = store.get(n);
      asked.onsuccess = () => asked.result && store.put({ ...asked.result, ...values });
      return asked;
    });
    tell();
  };
  const meta = (key) => run("meta", "readonly", (store) => store.get(key));
  const setMeta = (key, value) => run("meta", "readwrite", (store) => store.put(value, key));

  // Taken in hand before it is sent at once; the answer is a function that lets go of it.
  const takeInHand = (key) =>
    new Promise((resolve) => {
      if (!navigator.locks) return resolve(() => {});
      navigator.locks.request(HAND + key, () => new Promise((letGo) => resolve(letGo)));
    });
  const inHand = async () => new Set(((await navigator.locks?.query())?.held ?? []).map((lock) => lock.name.replace(HAND, "")));

  const who = async () => {
    const answer = await fetch("/offline/who", { headers: { Accept: "application/problem+json" }, cache: "no-store", signal: AbortSignal.timeout(ASKS_MS) });
    if (answer.status === 401) return { person: 0 };
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  };
  // Sends one entry. Says "sent", "signed-out", "later" or the sentence of what stands against it.
  const post = async (entry, csrf) => {
    const body = new FormData();
    for (const [name, value] of entry.fields) body.append(name, value);
    const headers = { Accept: "application/problem+json", "HX-Request": "true", "HX-Request-Type": "partial", "X-CSRF-Token": csrf };
    const answer = await fetch(entry.action, { method: "POST", body, headers, redirect: "manual", signal: AbortSignal.timeout(SENDS_MS) });
    if (answer.ok) return { done: "sent" };
    if (answer.status === 401) return { done: "signed-out" };
    if (answer.status === 429 || answer.status >= 502) return { done: "later" };
    // A house that is going down says 500 to what it drops: asked again before the person is bothered.
    if (answer.status === 500 && (entry.tries ?? 0) + 1 < MOST_TRIES) {
      await change(entry.n, { tries: (entry.tries ?? 0) + 1 });
      return { done: "later" };
    }
    const problem = await answer.json().catch(() => ({}));
    if (problem.code === "form_expired") return { done: "later" };
    const fields = (problem.errors ?? []).map((one) => one.detail).filter((text) => text !== problem.detail);
    return { done: "refused", message: [problem.detail ?? String(answer.status), ...fields].join(" ") };
  };
  // All that waits, in order, by one sender at a time on this device. What is refused stays, is shown, and stops nobody else.
  const send = () => navigator.locks.request("plantops-sends", sendAll);
  const sendAll = async () => {
    const waiting = (await all()).filter((entry) => entry.state === "waits");
    if (!waiting.length) return "sent";
    let me;
    try {
      me = await who();
    } catch {
      return "later";
    }
    if (!me.person) {
      await setMeta("signed-out", true);
      tell();
      return "signed-out";
    }
    await setMeta("signed-out", false);
    const taken = await inHand();
    for (const entry of waiting) {
      if (entry.person !== me.person || taken.has(entry.key)) continue;
      let told;
      try {
        told = await post(entry, me.csrf);
      } catch {
        told = { done: "later" };
      }
      if (told.done === "sent") await drop(entry.n);
      else if (told.done === "refused") await change(entry.n, { state: "refused", message: told.message });
      else {
        if (told.done === "signed-out") await setMeta("signed-out", true);
        tell();
        return told.done;
      }
    }
    return "sent";
  };
  self.plantopsQueue = { add, all, change, drop, inHand, meta, news, send, setMeta, takeInHand };
})();
