// The service worker: pages that are kept for the person on this device, and the queue when the network comes back.
"use strict";
importScripts(self.KEPT.queue);
const FILES = `files-${self.KEPT.edition}`;
const PATIENCE_MS = 5000; // a hall with hardly any network: what is kept is better than waiting
const pagesOf = (person) => `pages-${person}`;

self.addEventListener("install", (event) => {
  const keep = async () => {
    const files = await caches.open(FILES);
    await files.addAll(self.KEPT.files);
    await files.add(new Request("/offline", { credentials: "omit" }));
    await self.skipWaiting();
  };
  event.waitUntil(keep());
});
self.addEventListener("activate", (event) => {
  const tidy = async () => {
    for (const name of await caches.keys()) if (name.startsWith("files-") && name !== FILES) await caches.delete(name);
    await self.clients.claim();
  };
  event.waitUntil(tidy());
});

// Kept pages are one person's: who comes after does not find them.
const forget = async (but = "") => {
  for (const name of await caches.keys()) if (name.startsWith("pages-") && name !== but) await caches.delete(name);
};
let leavings = 0; // what was asked for before somebody signed out is not kept after it
const look = async (request, answer, began) => {
  const person = Number(answer.headers.get("Plantops-Person") ?? 0);
  if (!person || answer.redirected || began !== leavings) return;
  if ((await self.plantopsQueue.meta("person")) !== person) {
    await forget(pagesOf(person));
    await self.plantopsQueue.setMeta("person", person);
  }
  if (answer.status === 200 && answer.headers.get("Plantops-Keep") === "yes") await (await caches.open(pagesOf(person))).put(request.url, answer);
  if (began !== leavings) await leave();
};
const leave = async () => {
  await forget();
  await self.plantopsQueue.setMeta("person", 0);
};
const keptPage = async (request) => {
  const person = await self.plantopsQueue.meta("person");
  return person && (await caches.has(pagesOf(person))) ? (await caches.open(pagesOf(person))).match(request.url) : undefined;
};
const page = async (event) => {
  const began = leavings;
  const kept = await keptPage(event.request);
  const asked = fetch(event.request).then((answer) => {
    event.waitUntil(look(event.request, answer.clone(), began));
    return answer.status >= 502 && kept ? kept : answer;
  });
  if (kept) return Promise.race([asked.catch(() => kept), new Promise((resolve) => setTimeout(() => resolve(kept), PATIENCE_MS))]);
  return asked.catch(async () => (await caches.match("/offline")) ?? Response.error());
};
const file = async (request) => (await caches.match(request.url)) ?? fetch(request);

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin) return;
  if (request.method === "POST" && url.pathname === "/logout") {
    leavings += 1;
    event.waitUntil(leave());
  }
  if (request.method !== "GET") return;
  if (url.pathname.startsWith("/static/")) event.respondWith(file(request));
  else if (request.mode === "navigate") event.respondWith(page(event));
});
// A page names what the day needs: it is fetched one after the other, quietly.
self.addEventListener("message", (event) => {
  const began = leavings;
  const keep = async () => {
    for (const path of event.data.keep ?? []) {
      try {
        const request = new Request(new URL(path, self.location.origin).href, { credentials: "same-origin", headers: { "Plantops-Ahead": "yes" } });
        await look(request, await fetch(request), began);
        if (began !== leavings) return;
      } catch {
        return;
      }
    }
  };
  event.waitUntil(keep());
});
self.addEventListener("sync", (event) => {
  if (event.tag === "plantops-sends") event.waitUntil(self.plantopsQueue.send());
});
