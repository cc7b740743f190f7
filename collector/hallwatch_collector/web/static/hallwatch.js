// Keeps the page live. The server renders; this swaps the parts that changed and says so when it hears nothing.
"use strict";

(() => {
  const SILENCE_MS = 15000; // three beats of the server
  const RETRY_MS = 3000;
  const TYPING_MS = 20000; // after the last key; then what is new is shown, and what was typed is kept in it
  const PRESS_MS = 3000;
  const root = document.documentElement;
  const lost = document.getElementById("lost");
  const asOf = document.getElementById("as-of");
  const events = document.body.dataset.events; // pages without it are not live: they are loaded anew after an answer
  const waiting = new Map(); // parts that changed while somebody typed in them or held a button down
  let pressedAt = -Infinity;
  let typedAt = -Infinity;
  let heardAt = performance.now();
  let clock = asOf?.dataset.clock;
  let stream = null;

  function showLost(isLost) {
    root.classList.toggle("is-lost", isLost);
    root.classList.toggle("is-live", !isLost);
    if (isLost && lost.hidden) {
      const text = document.getElementById("lost-text");
      text.textContent = text.dataset.text.replace("{clock}", clock);
    }
    lost.hidden = !isLost;
  }

  const isPressed = () => performance.now() - pressedAt < PRESS_MS;
  const isTyping = () => performance.now() - typedAt < TYPING_MS && document.activeElement.matches("input, select, textarea");

  function swap(part) {
    waiting.delete(part.id);
    const section = document.getElementById(`part-${part.id}`);
    if (!section || section.dataset.digest === part.digest) return;
    if (isPressed() || (isTyping() && section.contains(document.activeElement))) {
      waiting.set(part.id, part);
      return;
    }
    const opened = new Map([...section.querySelectorAll("details[id]")].map((d) => [d.id, d.open]));
    const written = [...section.querySelectorAll("input[id], select[id], textarea[id]")].filter(isChanged);
    const focused = section.contains(document.activeElement) ? pathOf(document.activeElement) : null;
    const caret = focused && document.activeElement.selectionStart;
    section.innerHTML = part.html;
    section.dataset.digest = part.digest;
    for (const details of section.querySelectorAll("details[id]")) {
      if (opened.has(details.id)) details.open = opened.get(details.id);
    }
    written.forEach(keepWritten);
    const again = focused && section.querySelector(focused);
    again?.focus({ preventScroll: true });
    if (typeof caret === "number") again?.setSelectionRange?.(caret, caret);
  }

  // Whether somebody chose or typed something else than the page came with: what nobody touched is as it is now.
  function isChanged(field) {
    if (field.localName === "select") return Boolean(field.dataset.touched);
    return field.checked !== field.defaultChecked || field.value !== field.defaultValue;
  }

  function keepWritten(before) {
    const field = document.getElementById(before.id);
    if (!field || field.localName !== before.localName) return;
    if (field.localName !== "select") {
      [field.value, field.checked] = [before.value, before.checked];
    } else if ([...field.options].some((each) => each.value === before.value)) {
      field.value = before.value;
      field.dataset.touched = "yes";
    }
  }

  // Where the keyboard was, so that a swap does not take it away.
  function pathOf(element) {
    const home = element.closest("[id]");
    if (!home || home.id.startsWith("part-")) return null;
    return `#${CSS.escape(home.id)}${home === element ? "" : ` ${element.localName}`}`;
  }

  function hear(event, join) {
    heardAt = performance.now();
    const change = JSON.parse(event.data);
    asOf.textContent = change.as_of;
    clock = change.clock;
    document.title = change.tab;
    change.parts.map(join).forEach(swap);
    showLost(false);
    // Another program, or a hall that is called otherwise: what is around the parts is not of now.
    if (change.frame !== document.body.dataset.frame && !isTyping() && !isPressed()) renewOnce(change.frame);
  }

  function follow() {
    stream = new EventSource(events);
    let join = joinParts();
    stream.addEventListener("open", () => { join = joinParts(); }); // also when the browser connects anew by itself
    stream.addEventListener("picture", (event) => hear(event, join));
    stream.addEventListener("beat", (event) => hear(event, join));
    stream.addEventListener("gone", leave);
    stream.addEventListener("over", () => location.reload()); // signed out, or another role: the page says so
    stream.addEventListener("error", () => {
      showLost(true);
      // The browser tries again by itself, except after an answer that was no stream.
      if (stream.readyState === EventSource.CLOSED) setTimeout(follow, RETRY_MS);
    });
  }

  // Nobody is at a wall to find the way back: it waits until its hall is there again.
  function leave() {
    if (!document.body.classList.contains("kiosk")) return location.assign("/");
    stream.close();
    showLost(true);
    setTimeout(follow, RETRY_MS);
  }

  if (events) {
    follow();
    addEventListener("pagehide", () => stream.close());
    setInterval(() => {
      if (performance.now() - heardAt > SILENCE_MS) showLost(true);
      if (waiting.size) catchUp();
    }, 1000);
  }

  function catchUp() {
    setTimeout(() => [...waiting.values()].forEach(swap), 50);
  }

  function release() {
    pressedAt = -Infinity;
    catchUp();
  }

  // A button that is swapped between press and release would swallow the click.
  addEventListener("pointerdown", () => { pressedAt = performance.now(); });
  addEventListener("pointerup", release);
  addEventListener("pointercancel", release);
  addEventListener("blur", release);
  addEventListener("contextmenu", release);
  document.addEventListener("focusout", catchUp);
  for (const kind of ["focusin", "keydown", "input"]) {
    document.addEventListener(kind, () => { typedAt = performance.now(); });
  }
  document.addEventListener("change", (event) => {
    if (event.target.localName === "select") event.target.dataset.touched = "yes";
  });

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
