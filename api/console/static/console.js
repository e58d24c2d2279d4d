// The live side of the duty console: follows the event stream, fetches what changed, counts down, and sounds.
"use strict";
(() => {
  const body = document.body;
  const words = body.dataset;
  const SILENT_AFTER_MS = 15000;
  let ahead = Number(words.now) / 1000 - Date.now(); // the server's clock counts, not this PC's
  let heardAt = Date.now();
  const serverNow = () => Date.now() + ahead;

  // ---- counting down and up
  const two = (n) => String(n).padStart(2, "0");
  function clockwork(ms) {
    const s = Math.floor(ms / 1000), h = Math.floor(s / 3600), m = Math.floor(s / 60) % 60;
    return h > 0 ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`;
  }
  function tick() {
    const now = serverNow();
    for (const place of document.querySelectorAll(".count")) {
      const due = Number(place.dataset.left) / 1000;
      const over = now > due;
      place.textContent = `${over ? words.over : words.left} ${clockwork(Math.abs(due - now))}`;
      place.classList.toggle("over", over);
    }
    const wall = document.getElementById("wall");
    if (wall) wall.textContent = new Date(now).toLocaleTimeString("zh-CN", { timeZone: "Asia/Shanghai", hour12: false });
    const stale = Date.now() - heardAt > SILENT_AFTER_MS;
    const bar = document.getElementById("stale");
    if (bar && bar.hidden === stale) {
      bar.hidden = !stale;
      if (stale) beep([330, 262]);
    }
    lamp(stale ? "off" : source && source.readyState === 1 ? "on" : "wait");
  }
  function lamp(state) {
    const light = document.getElementById("lamp");
    if (!light || light.dataset.state === state) return;
    light.dataset.state = state;
    light.textContent = words[`live${state[0].toUpperCase()}${state.slice(1)}`];
  }

  // ---- the stream
  let source = null;
  let waiting = 0;
  let fetchedAt = 0;
  function changed() {
    if (waiting) return; // a village going dark says hundreds of things at once: at most two looks a second
    const soon = Math.max(60, fetchedAt + 500 - Date.now());
    waiting = setTimeout(() => { waiting = 0; fetchedAt = Date.now(); htmx.trigger(body, "changed"); }, soon);
  }
  function follow(position) {
    source = new EventSource(`/api/v1/stream?after=${position}`);
    const heard = () => { heardAt = Date.now(); lamp("on"); };
    source.onopen = heard;
    source.onmessage = (event) => { heard(); position = event.lastEventId; changed(); };
    source.addEventListener("reset", () => { heard(); changed(); });
    source.addEventListener("heartbeat", (event) => {
      heard();
      position = event.lastEventId || position;
      ahead = JSON.parse(event.data).at / 1000 - Date.now();
    });
    source.onerror = () => {
      if (source.readyState === 2) { // refused for good: the session may have ended; ask again with a page
        source.close();
        setTimeout(() => { changed(); follow(position); }, 3000);
      }
    };
  }

  // ---- sound: class 1 until somebody has seen it; class 2 once
  let audio = null;
  let chimed = null;
  function beep(tones) {
    if (!audio || audio.state !== "running") return;
    tones.forEach((pitch, n) => {
      const at = audio.currentTime + n * 0.22;
      const tone = audio.createOscillator(), loud = audio.createGain();
      tone.type = "square";
      tone.frequency.value = pitch;
      loud.gain.setValueAtTime(0.0001, at);
      loud.gain.exponentialRampToValueAtTime(0.25, at + 0.02);
      loud.gain.exponentialRampToValueAtTime(0.0001, at + 0.2);
      tone.connect(loud).connect(audio.destination);
      tone.start(at);
      tone.stop(at + 0.21);
    });
    body.dataset.beeps = Number(body.dataset.beeps || 0) + 1;
  }
  const listed = (name) => (document.getElementById("sound")?.dataset[name] || "").split(" ").filter(Boolean);
  function sound() {
    const calling = listed("sounding");
    if (calling.length) beep([988, 740, 988, 740]);
    const now = new Set(listed("chiming"));
    if (chimed && [...now].some((id) => !chimed.has(id))) beep([660, 880]);
    chimed = now;
    const count = document.querySelectorAll(".alert").length;
    document.title = (calling.length ? "🔴 " : "") + (count ? `(${count}) ` : "") + words.title;
  }
  function shift() {
    const start = document.getElementById("shift");
    if (!start) return;
    start.addEventListener("click", async () => {
      audio = audio || new AudioContext();
      await audio.resume();
      sessionStorage.setItem("shift", "on");
      start.textContent = words.shiftOn;
      start.classList.remove("main");
      start.setAttribute("aria-pressed", "true");
      document.getElementById("shift-off")?.setAttribute("hidden", "");
      beep([660]);
    });
  }

  // ---- what somebody has begun to type or choose outlives a fresh fragment
  let kept = {};
  document.addEventListener("htmx:beforeSwap", (event) => {
    kept = {};
    for (const field of event.detail.target.querySelectorAll("select[id], textarea[id], input[id]:not([type=hidden])")) {
      kept[field.id] = field.value;
    }
  });
  document.addEventListener("htmx:afterSwap", () => {
    for (const [id, value] of Object.entries(kept)) {
      const field = document.getElementById(id);
      if (field && value && (field.tagName !== "SELECT" || [...field.options].some((o) => o.value === value))) field.value = value;
    }
    tick();
    sound();
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt;
    if (event.detail.successful && form.tagName === "FORM") {
      form.querySelectorAll("textarea, select").forEach((field) => { field.value = ""; });
      const notice = document.getElementById("notice");
      if (notice) notice.textContent = "";
    }
  });

  // ---- keyboard
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || /INPUT|TEXTAREA|SELECT/.test(event.target.tagName)) return;
    const cards = [...document.querySelectorAll(".alert")];
    const here = cards.findIndex((card) => card.contains(document.activeElement));
    const key = event.key.toLowerCase();
    if (key === "j" || key === "k") {
      const next = cards[Math.min(cards.length - 1, Math.max(0, here + (key === "j" ? 1 : -1)))];
      next?.querySelector("h3 a").focus();
      next?.scrollIntoView({ block: "nearest" });
    } else if (key === "a") {
      (cards[here] || document).querySelector("button[data-key=a]")?.click();
    }
  });

  shift();
  tick();
  sound();
  setInterval(tick, 1000);
  setInterval(sound, 2000);
  follow(words.position);
})();
