// What an operator does: typing that outlives fresh fragments, keys for everything, and the lock when nobody is there.
"use strict";
(() => {
  const { words } = shouwang;

  // ---- what somebody has begun to type, chosen or opened outlives a fresh fragment
  let typed = {};
  let opened = [];
  let focused = null;
  const FIELDS = "select[id], textarea[id], input[id]:not([type=hidden])";
  const ticked = (field) => field.type === "checkbox";
  // A summary has no name of its own; its details has.
  const named = (field) => (field.matches("summary") ? `#${field.parentElement.id} > summary` : `#${field.id}`);
  // ---- a press that has begun is not lost to a fresh fragment: it waits, two seconds at most, and is fetched anew
  let pressed = null;
  let heldBack = false;
  let tooLong = 0;
  function letGo() {
    clearTimeout(tooLong);
    pressed = null;
    if (heldBack) setTimeout(() => htmx.trigger(document.body, "changed"), 0); // behind the click
    heldBack = false;
  }
  document.addEventListener("pointerdown", (event) => {
    clearTimeout(tooLong);
    tooLong = setTimeout(letGo, 2000);
    pressed = event.target;
  }, true);
  for (const what of ["pointerup", "pointercancel"]) document.addEventListener(what, letGo, true);
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (pressed && event.detail.target.contains(pressed)) {
      event.detail.shouldSwap = false;
      heldBack = true;
      return;
    }
    typed = {};
    for (const field of event.detail.target.querySelectorAll(FIELDS)) typed[field.id] = ticked(field) ? field.checked : field.value;
    opened = [...event.detail.target.querySelectorAll("details[id][open]")].map((one) => one.id);
    const field = document.activeElement;
    const place = event.detail.target.contains(field) ? named(field) : "#";
    focused = /^#[\w-]+( |$)/.test(place) ? { place, from: field.selectionStart, to: field.selectionEnd } : null;
  });
  document.addEventListener("htmx:afterSwap", () => {
    for (const [id, value] of Object.entries(typed)) {
      const field = document.getElementById(id);
      if (!field || !value) continue;
      if (ticked(field)) field.checked = true;
      else if (field.tagName !== "SELECT" || [...field.options].some((o) => o.value === value)) field.value = value;
    }
    for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
    // htmx gives the focus back too, but not to what still lay folded up when it did.
    const field = focused && document.querySelector(focused.place);
    if (field && document.activeElement !== field) field.focus({ preventScroll: true });
    if (field && typeof focused.from === "number") field.setSelectionRange(focused.from, focused.to);
    shouwang.count();
  });
  // As the page gave it.
  function blank(field) {
    if (ticked(field)) field.checked = field.defaultChecked;
    else if (field.tagName === "SELECT") field.selectedIndex = Math.max(0, [...field.options].findIndex((o) => o.defaultSelected));
    else field.value = field.defaultValue;
  }
  // Asked of the button or form itself: what a fresh fragment has taken off the page meanwhile tells nobody above it.
  document.addEventListener("htmx:beforeRequest", (event) => {
    const asked = event.detail.elt;
    const form = asked.closest("form");
    if (!form) return;
    asked.addEventListener("htmx:beforeOnLoad", refused);
    asked.addEventListener("htmx:afterRequest", function answered({ detail }) {
      if (detail.requestConfig.elt !== asked) return;
      asked.removeEventListener("htmx:beforeOnLoad", refused);
      asked.removeEventListener("htmx:afterRequest", answered);
      if (detail.successful) recorded(form, detail.requestConfig.parameters);
    });
  });
  // htmx looks for #notice from the button upwards, and finds no page above what was taken off it.
  function refused(event) {
    const { xhr, elt } = event.detail;
    if (elt.isConnected || xhr.status < 400) return;
    event.preventDefault();
    htmx.swap("#notice", xhr.response, { swapStyle: "innerHTML" });
  }
  function recorded(form, parameters) {
    let typedSince = false;
    for (const old of form.querySelectorAll(FIELDS)) {
      const field = document.getElementById(old.id) ?? old; // a fresh one may stand in its place, with what was typed into the old
      const sent = parameters[old.name] ?? "";
      if (ticked(field) || field.value === sent) blank(field);
      else typedSince = true; // recorded is what was sent, and this is something else
    }
    const folded = form.closest("details");
    if (folded && !typedSince) (document.getElementById(folded.id) ?? folded).removeAttribute("open");
    document.getElementById("notice")?.replaceChildren();
  }

  // ---- keyboard
  const help = document.getElementById("help");
  const cards = () => [...document.querySelectorAll(".alert")];
  const goes = { b: "/", h: "/homes", d: "/devices", s: "/handover", m: "/places", p: "/people", r: "/reports", l: "/reports/load" };
  let leader = 0;
  function move(by) {
    const all = cards();
    const here = all.findIndex((card) => card.contains(document.activeElement));
    const next = all[Math.min(all.length - 1, Math.max(0, here + by))];
    next?.querySelector("h2 a").focus();
    next?.scrollIntoView({ block: "nearest" });
  }
  function press(key) {
    const card = cards().find((one) => one.contains(document.activeElement)) || document;
    const place = card.querySelector(`[data-key="${key}"]`) || document.querySelector(`main [data-key="${key}"], header [data-key="${key}"]`);
    if (!place) return false;
    place.closest("details")?.setAttribute("open", "");
    // What would be recorded as somebody's word is only made ready; one more key says it.
    if (/INPUT|TEXTAREA|SELECT/.test(place.tagName) || place.dataset.ready) { place.focus(); place.scrollIntoView({ block: "center" }); }
    else place.click();
    return true;
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (event.key === "Escape" && /INPUT|TEXTAREA|SELECT/.test(event.target.tagName)) { event.target.blur(); return; }
    if (/INPUT|TEXTAREA|SELECT/.test(event.target.tagName) || help?.open) return;
    const key = event.key.toLowerCase();
    if (Date.now() - leader < 1500 && goes[key]) { location.href = goes[key]; return; }
    leader = key === "g" ? Date.now() : 0;
    if (key === "?") help?.showModal();
    else if (key === "j") move(1);
    else if (key === "k") move(-1);
    else if (key === "g" || !press(key)) return;
    event.preventDefault();
  });
  document.getElementById("help-open")?.addEventListener("click", () => help?.showModal());
  document.getElementById("help-close")?.addEventListener("click", () => help?.close());

  // ---- nobody there: the contents are put away, the page stays and goes on sounding
  const lockAfter = Number(words.lockAfter || 0);
  let moved = Date.now();
  let said = Date.now();
  let shut = words.locked === "1";
  for (const what of ["keydown", "pointerdown", "pointermove", "wheel"]) {
    document.addEventListener(what, () => { moved = Date.now(); }, { passive: true });
  }
  async function lock() {
    if (shut) return;
    shut = true;
    await fetch("/lock", { method: "POST" });
    document.body.classList.add("shut");
    help?.close();
    await htmx.ajax("GET", `/locked?back=${encodeURIComponent(location.pathname)}`, { target: "#main", select: "#main > *" });
    document.getElementById("password")?.focus();
  }
  document.getElementById("lock")?.addEventListener("click", lock);
  shouwang.on("tick", () => {
    if (!lockAfter || shut) return;
    if (Date.now() - moved > lockAfter) lock();
    else if (moved > said && Date.now() - said > 60000) {
      said = Date.now();
      fetch("/active", { method: "POST" }).catch(() => {});
    }
  });

  shouwang.begin();
})();
