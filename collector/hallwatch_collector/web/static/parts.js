// What a stream says of the parts of its page: each whole at first, then the lines that changed in it.
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
