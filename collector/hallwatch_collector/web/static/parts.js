// What a stream says of its page: each part whole at first, then the lines that changed in it; and the page's frame.
"use strict";

// Returns what makes each change whole again; one for each stream, whose changes follow from one another.
const joinParts = () => {
  const had = new Map();
  return ({ id, digest, first, last, lines }) => {
    const before = had.get(id) || [];
    const whole = [...before.slice(0, first), ...lines, ...before.slice(before.length - last)];
    had.set(id, whole);
    return { id, digest, html: whole.join("\n") };
  };
};

// Loads the page anew because its frame is not of now; once only, should that not help.
const renewOnce = (frame) => {
  try {
    if (sessionStorage.getItem("frame") === frame) return;
    sessionStorage.setItem("frame", frame);
  } catch { return; }
  location.reload();
};
