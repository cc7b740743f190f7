// Makes a photo smaller before it is sent, where the browser can; without this the form works all the same.
"use strict";

(() => {
  const form = document.querySelector(".report-form");
  const photo = form?.querySelector("input[type=file]");
  if (!photo) return;
  const preview = form.querySelector(".preview");

  function fit(image, canvas, side) {
    const scale = Math.min(1, side / Math.max(image.width, image.height));
    canvas.width = Math.max(1, Math.round(image.width * scale));
    canvas.height = Math.max(1, Math.round(image.height * scale));
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return canvas;
  }

  async function shrink(file) {
    const image = await createImageBitmap(file); // upright, as the camera was held
    fit(image, preview, 240);
    preview.hidden = false;
    const drawn = fit(image, document.createElement("canvas"), Number(photo.dataset.largest));
    image.close();
    const small = await new Promise((done) => drawn.toBlob(done, "image/jpeg", 0.85));
    if (!small || small.size >= file.size) return;
    const files = new DataTransfer();
    files.items.add(new File([small], "photo.jpg", { type: "image/jpeg" }));
    photo.files = files.files;
  }

  let shrinking = Promise.resolve();
  photo.addEventListener("change", () => {
    preview.hidden = true;
    const [file] = photo.files;
    if (file) shrinking = shrink(file).catch(() => {}); // the server says what is wrong with it
  });

  const button = form.querySelector(".send button");
  let ready = false;
  form.addEventListener("submit", async (event) => {
    if (ready) return;
    event.preventDefault();
    button.disabled = true;
    await shrinking;
    ready = true;
    setTimeout(() => form.requestSubmit()); // not while this very event goes round: then it would be passed over
  });
  addEventListener("pageshow", () => {
    ready = button.disabled = false;
  });
})();
