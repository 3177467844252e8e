/* Looks at a page as a person with other senses would meet it; returns one sentence for each thing that is wrong. */
() => {
  const wrong = [];
  for (const e of document.querySelectorAll("details")) e.open = true;
  const name = (e) => `${e.tagName.toLowerCase()} “${(e.textContent || "").trim().slice(0, 40)}”`;
  const seen = (e) => e.getClientRects().length > 0 && getComputedStyle(e).visibility !== "hidden";
  const parsed = (c) => { const n = c.match(/[\d.]+/g).map(Number); return { rgb: n.slice(0, 3), a: n[3] ?? 1 }; };
  const light = (rgb) => {
    const [r, g, b] = rgb.map((v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
  const ground = (e) => {
    for (; e; e = e.parentElement) { const c = parsed(getComputedStyle(e).backgroundColor); if (c.a > 0) return c.rgb; }
    return [255, 255, 255];
  };
  if (!document.documentElement.lang) wrong.push("the page does not say its language");
  if (!document.title.trim()) wrong.push("the page has no title");
  if (document.querySelectorAll("main").length !== 1) wrong.push("the page needs exactly one main part");
  if (document.querySelectorAll("h1").length !== 1) wrong.push("the page needs exactly one first heading");
  let level = 0;
  for (const h of document.querySelectorAll("h1, h2, h3, h4")) {
    const n = Number(h.tagName[1]);
    if (n > level + 1) wrong.push(`${name(h)} skips a level of headings`);
    level = n;
  }
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  for (const id of new Set(ids)) if (ids.filter((i) => i === id).length > 1) wrong.push(`the id ${id} is there twice`);
  for (const e of document.querySelectorAll("[aria-labelledby], [aria-describedby]"))
    for (const id of (e.getAttribute("aria-labelledby") || e.getAttribute("aria-describedby")).split(" "))
      if (!document.getElementById(id)) wrong.push(`${name(e)} is named by ${id}, which is not there`);
  for (const e of document.querySelectorAll("svg"))
    if (e.getAttribute("role") !== "img" || !e.querySelector("title")?.textContent.trim())
      wrong.push("a picture has no words");
  for (const e of document.querySelectorAll("img")) if (!e.hasAttribute("alt")) wrong.push("an image has no alt text");
  for (const e of document.querySelectorAll("section, [role=region]"))
    if (!e.getAttribute("aria-label") && !e.getAttribute("aria-labelledby")) wrong.push(`${name(e)} has no name`);
  for (const t of document.querySelectorAll("table")) {
    if (!t.querySelector("thead th")) wrong.push(`${name(t)} has no column headers`);
    for (const h of t.querySelectorAll("th")) if (!h.scope) wrong.push(`the header ${name(h)} has no scope`);
    if (!t.caption && !t.closest("[aria-label]") && !t.classList.contains("slim")) wrong.push(`${name(t)} has no caption`);
  }
  for (const a of document.querySelectorAll("a")) if (!a.textContent.trim()) wrong.push("a link has no words");
  for (const e of document.querySelectorAll("[tabindex]"))
    if (Number(e.getAttribute("tabindex")) > 0) wrong.push(`${name(e)} changes the order of the focus`);
  for (const e of document.querySelectorAll("a, summary, [tabindex]")) {
    if (!seen(e)) continue;
    e.focus();
    if (document.activeElement !== e) wrong.push(`${name(e)} cannot be reached by the keyboard`);
  }
  for (const e of document.querySelectorAll("body *")) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !seen(e) || e.closest("title, desc, style, .vh")) continue;
    const style = getComputedStyle(e);
    const ink = parsed(e.closest("svg") ? style.fill : style.color).rgb;
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const found = contrast(ink, ground(e));
    if (found < (large ? 3 : 4.5)) wrong.push(`${name(e)} has a contrast of ${found.toFixed(2)}`);
  }
  for (const mark of [".f-main", ".f-base", ".s-ink"]) {
    const e = document.querySelector(`svg ${mark}`);
    if (!e) continue;
    const style = getComputedStyle(e);
    const found = contrast(parsed(mark[1] === "s" ? style.stroke : style.fill).rgb, ground(e.closest("figure")));
    if (found < 3) wrong.push(`marks of the kind ${mark} have a contrast of ${found.toFixed(2)}`);
  }
  return wrong;
}
