// Serves the pages of screens from the browser's store when the collector does not answer, so that a sign still stands
// after its screen was restarted. What the collector answers always comes first.
"use strict";

const STORE = "hallwatch-screen";
const PATIENCE_MS = 5000;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate") event.respondWith(answerPage(request, url));
  else if (url.pathname.startsWith("/static/")) event.respondWith(answerAsset(request, url));
});

async function answerPage(request, url) {
  const cache = await caches.open(STORE);
  try {
    const response = await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (response.ok && !response.redirected) await cache.put(url.pathname, response.clone());
    if (response.status < 500) return response;
    return (await cache.match(url.pathname)) || response;
  } catch (error) {
    const last = await cache.match(url.pathname);
    if (last) return last;
    throw error;
  }
}

// Assets carry their version in their address: one that is in the store is the one that is asked for.
async function answerAsset(request, url) {
  const cache = await caches.open(STORE);
  const last = await cache.match(request);
  if (last) return last;
  const response = await fetch(request);
  if (response.ok) {
    for (const old of await cache.keys()) {
      if (new URL(old.url).pathname === url.pathname) await cache.delete(old);
    }
    await cache.put(request, response.clone());
  }
  return response;
}
