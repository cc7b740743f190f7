// On a wall nobody scrolls: what does not fit is left out from the end, and counted.
"use strict";

(() => {
  const part = document.getElementById("part-board-cases");
  const floor = document.querySelector(".board-picture");
  const overflows = (column) => column.getBoundingClientRect().bottom > innerHeight;

  function fit() {
    const cases = [...part.querySelectorAll(".case")];
    const rest = part.querySelector(".kiosk-rest");
    for (const each of cases) each.classList.remove("is-brief", "is-out");
    floor.classList.remove("is-tight");
    if (overflows(floor)) floor.classList.add("is-tight");
    if (!rest) return;
    const column = part.parentElement;
    const of = Number(rest.dataset.of);
    const tell = () => {
      const shown = cases.filter((each) => each.offsetHeight).length;
      rest.textContent = rest.dataset.text.replace("{n}", of - shown);
      rest.hidden = of === shown;
    };
    tell();
    for (const word of ["is-brief", "is-out"]) {
      // The first says all of it.
      for (const each of cases.slice(1).reverse()) {
        if (!overflows(column)) return;
        each.classList.add(word);
        tell();
      }
    }
  }

  new MutationObserver(fit).observe(part, { childList: true });
  addEventListener("resize", fit);
  fit();
})();
