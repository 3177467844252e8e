"use strict";
(() => {
  const slides = [...document.querySelectorAll(".slide")];
  const notes = [...document.querySelectorAll(".notes")];
  const where = document.getElementById("where");
  const speak = document.getElementById("speak");
  let at = 0;
  const show = (wanted) => {
    at = Math.min(Math.max(wanted, 0), slides.length - 1);
    slides.forEach((slide, place) => slide.classList.toggle("now", place === at));
    notes.forEach((note, place) => note.classList.toggle("now", place === at));
    where.textContent = `${at + 1} / ${slides.length}`;
    document.title = slides[at].dataset.title;
    history.replaceState(null, "", `#s${at + 1}`);
    scrollTo(0, 0);
  };
  const asked = () => (Number(location.hash.slice(2)) || 1) - 1;
  const turn = () => speak.setAttribute("aria-pressed", String(document.body.classList.toggle("speaking")));
  const keys = {
    ArrowRight: () => show(at + 1), ArrowDown: () => show(at + 1), PageDown: () => show(at + 1), " ": () => show(at + 1),
    ArrowLeft: () => show(at - 1), ArrowUp: () => show(at - 1), PageUp: () => show(at - 1),
    Home: () => show(0), End: () => show(slides.length - 1), n: turn, N: turn,
  };
  addEventListener("keydown", (event) => {
    const onButton = event.key === " " && event.target.closest("button");
    if (event.ctrlKey || event.metaKey || event.altKey || onButton || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
  addEventListener("hashchange", () => show(asked()));
  document.getElementById("back").onclick = () => show(at - 1);
  document.getElementById("on").onclick = () => show(at + 1);
  speak.onclick = turn;
  document.body.classList.add("shown");
  show(asked());
})();
