// On a wall nobody scrolls: what does not fit is left out, what matters least first, and counted.
"use strict";

(() => {
  const wide = matchMedia("(min-width: 1000px)"); // what is narrower is in somebody's hand, and scrolls
  const root = document.documentElement;
  const head = document.getElementById("part-maintenance");
  const now = document.getElementById("part-board-now");
  const grid = document.querySelector(".board-grid");
  const floor = grid.querySelector(".board-picture");
  const todo = grid.querySelector(".board-todo");
  const HEAD_PART = 0.45; // of the screen's height at most, before its lists are cut
  const FLOOR_PART = 0.6; // of the room, where the picture is above the troubles
  const WORDS = ["is-out", "is-short", "is-curt", "no-who", "no-send", "no-do"];
  const FLOOR_WORDS = ["is-counted", "is-tight", "is-plain", "is-bare", "is-undrawn", "is-terse"];
  const all = (within, selector) => [...within.querySelectorAll(selector)];
  const fromEnd = (within, selector) => all(within, selector).reverse();
  const each = (elements, word) => elements.map((element) => [element, word]);
  const bottom = (element) => element.getBoundingClientRect().bottom;

  // How many of a list are left out, where it says that.
  function tell(within) {
    for (const rest of all(within, ".kiosk-rest")) {
      const { each: of, of: whole, text } = rest.dataset;
      const n = whole ? whole - all(rest.parentElement, of).filter((element) => element.offsetHeight).length
        : all(rest.parentElement, `${of}.is-out`).length;
      rest.textContent = text.replace("{n}", n);
      rest.hidden = n === 0;
    }
  }

  // The steps are taken until it fits. Then those that turn out to be needless are taken back, the last one first.
  function shorten(within, steps, fits) {
    const holds = () => {
      tell(within);
      return fits();
    };
    const taken = [];
    for (const [element, word] of steps) {
      if (holds()) break;
      element.classList.add(word);
      taken.push([element, word]);
    }
    for (const [element, word] of taken.slice(0, -1).reverse()) {
      element.classList.remove(word);
      if (!holds()) element.classList.add(word);
    }
    holds();
  }

  function stepsOfTodo() {
    const cases = all(todo, ".case");
    const gravest = cases.slice(0, 1);
    const others = cases.slice(1).reverse();
    const notices = fromEnd(todo, ".kiosk-notice");
    const steps = all(todo, ".next > li");
    const firstSteps = steps.slice(0, 1);
    const nextSteps = steps.slice(1).reverse();
    return [
      ...each(fromEnd(todo, ".kiosk-deadline"), "is-out"),
      ...each(notices, "is-short"),
      ...each(others, "no-who"),
      ...each(others, "no-send"),
      ...each(notices, "is-out"),
      ...each(others, "no-do"),
      ...each(nextSteps, "is-short"),
      ...each(nextSteps, "is-out"),
      ...each(others.slice(0, -4), "is-out"),
      // Of the gravest since when, and what to do now, is always there.
      ...each(gravest, "no-who"),
      ...each(gravest, "no-send"),
      ...each(others, "is-out"),
      ...each([...gravest, ...firstSteps], "is-short"),
      ...each(gravest, "is-curt"),
    ];
  }

  function stepsOfFloor() {
    const tiles = fromEnd(floor, ".tile");
    const well = (tile) => tile.classList.contains("edge-ok");
    return [
      ...FLOOR_WORDS.map((word) => [floor, word]),
      ...each([...tiles.filter(well), ...tiles.filter((tile) => !well(tile))], "is-out"),
    ];
  }

  function fit() {
    for (const word of [...WORDS, ...FLOOR_WORDS]) {
      for (const element of all(document, `.${word}`)) element.classList.remove(word);
    }
    root.classList.toggle("is-wall", wide.matches);
    tell(document);
    if (!wide.matches) return;
    const works = [...fromEnd(head, ".kiosk-work").slice(0, -1), ...fromEnd(now, ".notice-bad li").slice(0, -1)];
    const firsts = [...all(head, ".kiosk-work").slice(0, 1), ...all(now, ".notice-bad li").slice(0, 1)];
    const steps = [...each(works, "is-out"), ...each(firsts, "is-short")];
    shorten(document.getElementById("main"), steps, () => grid.getBoundingClientRect().top <= innerHeight * HEAD_PART);
    const box = grid.getBoundingClientRect();
    const isStacked = todo.getBoundingClientRect().left < floor.getBoundingClientRect().right;
    const end = isStacked ? box.top + box.height * FLOOR_PART : box.bottom;
    const sticksOut = (tile) => tile.scrollWidth > tile.clientWidth + 1;
    shorten(floor, stepsOfFloor(), () => bottom(floor) <= end && !all(floor, ".tile").some(sticksOut));
    shorten(todo, stepsOfTodo(), () => bottom(todo) <= box.bottom);
  }

  const changes = new MutationObserver(fit);
  for (const part of all(document, ".part")) changes.observe(part, { childList: true });
  new ResizeObserver(fit).observe(grid);
  addEventListener("resize", fit);
  document.fonts.ready.then(fit);
  fit();
})();
