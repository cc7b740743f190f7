// Keeps the page live. The server renders; this swaps the parts that changed and says so when it hears nothing.
"use strict";

(() => {
  const SILENCE_MS = 15000; // three beats of the server
  const root = document.documentElement;
  const lost = document.getElementById("lost");
  const asOf = document.getElementById("as-of");
  const events = document.body.dataset.events; // pages without it are not live: they are loaded anew after an answer
  const waiting = new Map(); // parts that changed while somebody typed in them or held a button down
  let pressed = false;
  let heardAt = performance.now();
  let clock = asOf?.dataset.clock;

  function showLost(isLost) {
    root.classList.toggle("is-lost", isLost);
    root.classList.toggle("is-live", !isLost);
    if (isLost && lost.hidden) {
      const text = document.getElementById("lost-text");
      text.textContent = text.dataset.text.replace("{clock}", clock);
    }
    lost.hidden = !isLost;
  }

  function swap(part) {
    const section = document.getElementById(`part-${part.id}`);
    if (!section || section.dataset.digest === part.digest) return;
    const typing = section.contains(document.activeElement) && document.activeElement.matches("input, select, textarea");
    if (typing || pressed) {
      waiting.set(part.id, part);
      return;
    }
    waiting.delete(part.id);
    const opened = new Map([...section.querySelectorAll("details[id]")].map((d) => [d.id, d.open]));
    const typed = new Map([...section.querySelectorAll("input[id], select[id]")].map((i) => [i.id, i.value]));
    const written = new Map([...section.querySelectorAll("textarea[id]")].filter((t) => t.value !== t.defaultValue).map((t) => [t.id, t.value]));
    const focused = section.contains(document.activeElement) ? pathOf(document.activeElement) : null;
    section.innerHTML = part.html;
    section.dataset.digest = part.digest;
    for (const details of section.querySelectorAll("details[id]")) {
      if (opened.has(details.id)) details.open = opened.get(details.id);
    }
    for (const input of section.querySelectorAll("input[id], select[id]")) input.value = typed.get(input.id) || input.value;
    for (const text of section.querySelectorAll("textarea[id]")) text.value = written.get(text.id) ?? text.value;
    if (focused) section.querySelector(focused)?.focus({ preventScroll: true });
  }

  // Where the keyboard was, so that a swap does not take it away.
  function pathOf(element) {
    const home = element.closest("[id]");
    return home && home.id && !home.id.startsWith("part-") ? `#${CSS.escape(home.id)} ${element.localName}` : null;
  }

  function hear(event, join) {
    heardAt = performance.now();
    const change = JSON.parse(event.data);
    asOf.textContent = change.as_of;
    clock = change.clock;
    document.title = change.tab;
    change.parts.map(join).forEach(swap);
    showLost(false);
  }

  function follow() {
    const stream = new EventSource(events);
    let join = joinParts();
    stream.addEventListener("open", () => { join = joinParts(); }); // also when the browser connects anew by itself
    stream.addEventListener("picture", (event) => hear(event, join));
    stream.addEventListener("beat", (event) => hear(event, join));
    stream.addEventListener("gone", () => location.assign("/"));
    stream.addEventListener("over", () => location.reload()); // signed out, or another role: the page says so
    stream.addEventListener("error", () => {
      showLost(true);
      // The browser tries again by itself, except after an answer that was no stream.
      if (stream.readyState === EventSource.CLOSED) setTimeout(follow, 3000);
    });
    addEventListener("pagehide", () => stream.close());
  }

  if (events) {
    follow();
    setInterval(() => {
      if (performance.now() - heardAt > SILENCE_MS) showLost(true);
    }, 1000);
  }

  function catchUp() {
    setTimeout(() => [...waiting.values()].forEach(swap), 50);
  }

  function release() {
    pressed = false;
    catchUp();
  }

  // A button that is swapped between press and release would swallow the click.
  addEventListener("pointerdown", () => { pressed = true; });
  addEventListener("pointerup", release);
  addEventListener("pointercancel", release);
  addEventListener("blur", release);
  document.addEventListener("focusout", catchUp);

  const answer = document.getElementById("answer");
  let hiding = 0;
  function say(text, isBad) {
    answer.textContent = text;
    answer.classList.toggle("answer-bad", isBad);
    answer.hidden = false;
    clearTimeout(hiding);
    hiding = setTimeout(() => { answer.hidden = true; }, isBad ? 8000 : 4000);
  }

  // What was done on the page before this one.
  const done = sessionStorage.getItem("done");
  if (done) {
    sessionStorage.removeItem("done");
    say(done, false);
  }

  function goOn(form) {
    const sent = form.dataset.sent || document.body.dataset.sent;
    if (events) {
      form.reset();
      form.closest("details[open].deed, details[open].decline")?.removeAttribute("open");
      say(sent, false);
      return;
    }
    sessionStorage.setItem("done", sent);
    if (form.dataset.next) location.assign(form.dataset.next);
    else {
      history.replaceState(null, "", location.pathname); // what the address said was of an earlier answer
      location.reload();
    }
  }

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("form.act")) return;
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      const body = new URLSearchParams(new FormData(form));
      const response = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
      if (response.ok) goOn(form);
      else {
        say((await response.json()).detail, true);
      }
    } catch {
      say(document.body.dataset.unsent, true);
    } finally {
      button.disabled = false;
    }
  });
})();
