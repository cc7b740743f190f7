// Screens that nobody touches: the sign of a device or window, the public display, and the code before pairing.
// They go on with what they last had while the collector is away, also over a reload, and say what they really show.
"use strict";

(() => {
  const SILENCE_MS = 15000; // three beats of the server
  const TELL_MS = 8000;
  const TURN_MS = 10000;
  const POLL_MS = 3000;
  const root = document.documentElement;
  const { events, scope, stamp } = document.body.dataset;
  const away = document.getElementById("away");
  const pathname = location.pathname;
  const kept = `screen:${pathname}`;
  let paired = stored("screen:paired") === pathname;
  let heard = false; // anything from this collector since the page was loaded
  let heardAt = performance.now();
  let clock = "";
  let stream = null;

  // A browser may refuse to keep anything; then a reload needs the collector.
  function stored(name) {
    try { return localStorage.getItem(name); } catch { return null; }
  }

  function store(name, text) {
    try { localStorage.setItem(name, text); } catch { /* nothing to be done */ }
  }

  // -- pictures ------------------------------------------------------------------------------------------------

  function swap(part) {
    const section = document.getElementById(`part-${part.id}`);
    if (!section || section.dataset.digest === part.digest) return;
    section.innerHTML = part.html;
    section.dataset.digest = part.digest;
    fitAll();
  }

  function take(change) {
    clock = change.clock;
    document.title = change.tab;
    const shown = document.getElementById("clock");
    if (shown) shown.textContent = clock;
    change.parts.forEach(swap);
  }

  function keep(change) {
    const before = JSON.parse(stored(kept) || "{}");
    const parts = new Map((before.parts || []).map((part) => [part.id, part]));
    change.parts.forEach((part) => parts.set(part.id, part));
    store(kept, JSON.stringify({ clock: change.clock, tab: change.tab, parts: [...parts.values()] }));
  }

  function hear(event, join) {
    const change = JSON.parse(event.data);
    change.parts = change.parts.map(join);
    const first = !heard;
    heard = true;
    heardAt = performance.now();
    take(change);
    keep(change);
    showAway(false);
    if (change.parts.length || first) tell();
    if (first) learn();
    if (change.frame !== document.body.dataset.frame) renewOnce(change.frame);
  }

  function showAway(isAway) {
    root.classList.toggle("is-away", isAway);
    if (!away) return;
    if (isAway && away.hidden) {
      const text = away.querySelector(".away-text") || away;
      text.textContent = away.dataset.text.replace("{clock}", clock);
    }
    const changed = away.hidden === isAway;
    away.hidden = !isAway;
    if (changed) fitAll();
  }

  function lose() {
    if (!heard) {
      // What the page itself brought may be older: it can come out of the browser's store.
      const last = JSON.parse(stored(kept) || "null");
      if (last) take(last);
    }
    showAway(true);
  }

  function follow() {
    stream = new EventSource(events);
    let join = joinParts();
    stream.addEventListener("open", () => { join = joinParts(); }); // also when the browser connects anew by itself
    stream.addEventListener("picture", (event) => hear(event, join));
    stream.addEventListener("beat", (event) => hear(event, join));
    stream.addEventListener("gone", () => location.replace("/screen"));
    stream.addEventListener("error", () => {
      lose();
      if (stream.readyState === EventSource.CLOSED) setTimeout(follow, POLL_MS);
    });
  }

  // -- what is really shown ------------------------------------------------------------------------------------

  // The edition of the sign that can be seen now; empty for none; null when nothing can be seen.
  function seen() {
    if (document.visibilityState !== "visible") return null;
    const sheet = document.querySelector("[data-edition]");
    if (!sheet) return root.classList.contains("is-display") ? "" : null;
    const words = sheet.querySelector(".sign-words");
    const box = words.getBoundingClientRect();
    const fits = box.left >= -1 && box.top >= -1 && box.right <= innerWidth + 1 && box.bottom <= innerHeight + 1;
    return box.width && box.height && fits ? sheet.dataset.edition : null;
  }

  async function tell() {
    const shows = seen();
    if (!paired || shows === null) return;
    try {
      const response = await fetch("/screen/shown", {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json" },
        body: JSON.stringify({ address: pathname, shows }),
      });
      if (response.status === 403 || response.status === 409) {
        store("screen:paired", "");
        location.replace("/screen");
      } else if (response.ok && (await response.json()).stamp !== stamp) location.reload();
    } catch { /* the collector is away; the stream says so */ }
  }

  async function ask() {
    const response = await fetch("/screen/state", { headers: { Accept: "application/json" } });
    if (!response.ok) throw new Error(response.statusText);
    return response.json();
  }

  // Whether this browser is the screen that was paired with this page, or somebody only looks.
  async function learn() {
    try {
      const state = await ask();
      paired = state.address === pathname;
      if (paired) store("screen:paired", pathname);
      const preview = document.getElementById("preview");
      if (preview) preview.hidden = paired;
      tell();
      if (state.stamp !== stamp) location.reload();
    } catch { setTimeout(learn, POLL_MS); }
  }

  // -- large letters -------------------------------------------------------------------------------------------

  const WIDE = /[\u1100-\u115f\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60\uffe0-\uffe6]/;
  const widthOf = (text) => [...text].reduce((sum, letter) => sum + (WIDE.test(letter) ? 1 : 0.62), 0);

  function halves(phrase) {
    const letters = [...phrase];
    if (letters.length < 4) return [phrase];
    const half = Math.ceil(letters.length / 2);
    return [letters.slice(0, half).join(""), letters.slice(half).join("")];
  }

  // The words as large as they fit: in one line, one phrase a line, or each phrase in two.
  function fitWords(space) {
    const words = space.querySelector(".sign-words");
    if (!words.dataset.phrases) {
      const phrases = [...words.querySelectorAll(".sign-phrase")].map((span) => span.textContent);
      words.dataset.phrases = JSON.stringify(phrases);
    }
    const phrases = JSON.parse(words.dataset.phrases);
    const ways = [[phrases.join("")], phrases, phrases.flatMap(halves)];
    const sizeOf = (lines) =>
      Math.min(space.clientWidth / Math.max(...lines.map(widthOf)), space.clientHeight / (lines.length * 1.14));
    const lines = ways.reduce((best, way) => (sizeOf(way) > sizeOf(best) * 1.05 ? way : best));
    words.replaceChildren(...lines.map((line) => {
      const span = document.createElement("span");
      span.className = "sign-line";
      span.textContent = line;
      return span;
    }));
    let size = Math.floor(sizeOf(lines));
    words.style.fontSize = `${size}px`;
    while (size > 12 && (words.scrollWidth > space.clientWidth || words.offsetHeight > space.clientHeight)) {
      size -= Math.max(1, Math.floor(size / 40));
      words.style.fontSize = `${size}px`;
    }
  }

  // Lines that are too many for their box get smaller letters, down to what can still be read.
  function shrink(box, isOver, least) {
    box.style.fontSize = "";
    for (let part = 0.95; part >= least && isOver(); part -= 0.05) box.style.fontSize = `${part}em`;
  }

  function fitAll() {
    const foot = document.querySelector(".sign-foot");
    if (foot) shrink(foot, () => foot.scrollHeight > innerHeight * 0.34, 0.4);
    document.querySelectorAll(".sign-space").forEach(fitWords);
    const notices = document.querySelector(".display-notices");
    if (notices) document.querySelector(".display-left").append(notices);
    paginateAll();
    if (!notices || !document.querySelector(".display-windows.is-paged")) return;
    document.querySelector(".display-help").before(notices);
    paginateAll();
  }

  // -- more than one screenful ---------------------------------------------------------------------------------

  const turns = new Map(); // list → the number of the first entry of each page, and which page is shown

  // Shows the entries from this one on, as many as there is room for; returns the number of the next.
  function show(pager, from) {
    const entries = [...pager.children];
    entries.forEach((entry, number) => { entry.hidden = number < from; entry.style.fontSize = ""; });
    const bottom = pager.getBoundingClientRect().bottom + 1;
    const over = (entry) => entry.getBoundingClientRect().bottom > bottom;
    shrink(entries[from], () => over(entries[from]), 0.5);
    const next = entries.findIndex((entry, number) => number > from && over(entry));
    if (next > 0) entries.slice(next).forEach((entry) => { entry.hidden = true; });
    return next > 0 ? next : entries.length;
  }

  function split(pager) {
    const starts = [];
    for (let from = 0; from < pager.children.length; from = show(pager, from)) starts.push(from);
    return starts;
  }

  // The mark of the page has its own room, and only where there are several.
  function setPaged(pager, isPaged) {
    const section = pager.closest("section");
    const mark = section.querySelector(".page-mark");
    section.classList.toggle("is-paged", isPaged);
    mark.hidden = !isPaged;
    mark.textContent = mark.dataset.text;
  }

  function paginateAll() {
    const pagers = [...document.querySelectorAll(".pager")];
    for (const pager of pagers) {
      setPaged(pager, false);
      for (const entry of pager.children) entry.hidden = false;
    }
    // What stands below takes the room that it needs first.
    pagers.reverse().forEach(paginate);
  }

  // A list that changes stays at its page.
  function paginate(pager) {
    let starts = split(pager);
    if (starts.length > 1) {
      setPaged(pager, true);
      starts = split(pager);
    }
    const before = turns.get(pager.dataset.pager);
    turnTo(pager, starts, before ? Math.min(before.page, starts.length - 1) : 0);
  }

  function turnTo(pager, starts, page) {
    turns.set(pager.dataset.pager, { starts, page });
    if (!starts.length) return;
    show(pager, starts[page]);
    const mark = pager.closest("section").querySelector(".page-mark");
    mark.textContent = mark.dataset.text.replace("{page}", page + 1).replace("{pages}", starts.length);
  }

  function turn() {
    for (const pager of document.querySelectorAll(".pager")) {
      const { starts, page } = turns.get(pager.dataset.pager) || { starts: [], page: 0 };
      if (starts.length > 1) turnTo(pager, starts, (page + 1) % starts.length);
    }
  }

  // -- without the collector -----------------------------------------------------------------------------------

  // The worker serves this page from the browser's store when the collector does not answer (https or localhost only).
  async function settle() {
    if (!navigator.serviceWorker) return;
    try {
      // Also of the page with the code: a screen may be set to open that one when it is switched on.
      const scopes = [...new Set([scope, "/screen"])];
      await Promise.all(scopes.map((each) => navigator.serviceWorker.register("/screen-worker.js", { scope: each })));
      const cache = await caches.open("hallwatch-screen");
      const assets = [...document.querySelectorAll("link[href], script[src]")].map((each) => each.href || each.src);
      await Promise.all([...new Set([pathname, "/screen"]), ...assets].map(async (url) => {
        const response = await fetch(url);
        if (response.ok && !response.redirected) await cache.put(url, response);
      }));
      root.classList.add("is-kept");
    } catch { /* then a reload needs the collector */ }
  }

  // -- before pairing ------------------------------------------------------------------------------------------

  async function wait() {
    const code = document.getElementById("code");
    try {
      const state = await ask();
      away.hidden = true;
      if (state.address) {
        store("screen:paired", state.address);
        location.replace(state.address);
        return;
      }
      if (!state.code) location.reload();
      store("screen:paired", "");
      code.textContent = state.code;
    } catch {
      const last = stored("screen:paired");
      if (last) {
        location.replace(last); // a screen that was switched on while the collector is away
        return;
      }
      code.textContent = "······";
      away.hidden = false;
    }
    setTimeout(wait, POLL_MS);
  }

  settle();
  if (!events) {
    wait();
    return;
  }
  fitAll();
  document.fonts.ready.then(fitAll);
  follow();
  addEventListener("pagehide", () => stream.close());
  addEventListener("resize", fitAll);
  document.addEventListener("visibilitychange", tell);
  setInterval(tell, TELL_MS);
  setInterval(turn, TURN_MS);
  addEventListener("keydown", (event) => { if (event.key === "ArrowRight") turn(); });
  setInterval(() => {
    if (performance.now() - heardAt > SILENCE_MS) showAway(true);
  }, 1000);
})();
