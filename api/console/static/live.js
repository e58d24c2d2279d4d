// Follows the event stream, fetches what changed, counts down by the server's clock, and says when it is deaf.
"use strict";
const shouwang = (() => {
  const body = document.body;
  const words = body.dataset;
  const SILENT_AFTER_MS = 15000;
  const listeners = { tick: [], pulse: [] };
  let ahead = Number(words.now) / 1000 - Date.now(); // the server's clock counts, not this PC's
  let heardAt = Date.now();
  let stale = false;
  let source = null;
  let position = words.position;
  const serverNow = () => Date.now() + ahead;
  const tell = (what, said) => listeners[what].forEach((listener) => listener(said));

  // ---- counting down and up; while deaf nothing is counted, for it would look like knowledge
  const two = (n) => String(n).padStart(2, "0");
  function clockwork(ms) {
    const s = Math.floor(ms / 1000), h = Math.floor(s / 3600), m = Math.floor(s / 60) % 60;
    return h > 0 ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`;
  }
  function wall(ms) {
    return new Date(ms).toLocaleTimeString("zh-CN", { timeZone: "Asia/Shanghai", hour12: false });
  }
  function count() {
    const now = serverNow();
    for (const place of document.querySelectorAll(".count")) {
      const due = Number(place.dataset.left) / 1000;
      const over = now > due;
      place.textContent = stale ? "—:—" : `${over ? words.over : words.left} ${clockwork(Math.abs(due - now))}`;
      place.classList.toggle("over", over && !stale);
    }
    const clock = document.getElementById("wall");
    if (clock) clock.textContent = wall(now);
  }
  function tick() {
    const deaf = Date.now() - heardAt > SILENT_AFTER_MS;
    if (deaf !== stale) {
      stale = deaf;
      body.classList.toggle("deaf", stale);
      document.getElementById("stale").hidden = !stale;
      document.getElementById("stale-since").textContent = wall(heardAt + ahead);
      if (!stale) changed(); // what happened meanwhile
    }
    lamp(stale ? "off" : source && source.readyState === 1 ? "on" : "wait");
    count();
    tell("tick", { stale, now: serverNow() });
  }
  function lamp(state) {
    const light = document.getElementById("lamp");
    if (!light || light.dataset.state === state) return;
    light.dataset.state = state;
    light.textContent = words[`live${state[0].toUpperCase()}${state.slice(1)}`];
  }

  // ---- the stream
  let waiting = 0;
  let fetchedAt = 0;
  function changed() {
    pulse();
    if (waiting) return; // a village going dark says hundreds of things at once: at most two looks a second
    const soon = Math.max(20, fetchedAt + 500 - Date.now());
    waiting = setTimeout(() => { waiting = 0; fetchedAt = Date.now(); htmx.trigger(body, "changed"); }, soon);
  }
  // What must sound is asked for at once and without a timer: browsers slow those down in hidden tabs.
  let asking = false;
  let again = false;
  async function pulse() {
    if (asking) { again = true; return; }
    asking = true;
    try {
      const answer = await fetch("/pulse", { headers: { accept: "application/json" } });
      if (answer.ok) tell("pulse", await answer.json());
    } catch { /* the bar says it soon */ }
    asking = false;
    if (again) { again = false; pulse(); }
  }
  function follow() {
    source = new EventSource(`/api/v1/stream?after=${position}`);
    const heard = () => { heardAt = Date.now(); lamp("on"); };
    source.onopen = heard;
    source.onmessage = (event) => { heard(); position = event.lastEventId; changed(); };
    source.addEventListener("reset", (event) => { heard(); position = event.lastEventId; changed(); });
    source.addEventListener("heartbeat", (event) => {
      heard();
      position = event.lastEventId || position;
      ahead = JSON.parse(event.data).at / 1000 - Date.now();
    });
    source.onerror = () => {
      if (source.readyState === 2) { // refused for good: the session may have ended; ask again with a page
        source.close();
        setTimeout(() => { changed(); follow(); }, 3000);
      }
    };
  }

  function begin() {
    // A worker's clock is not slowed down when the tab is hidden.
    if (window.Worker) new Worker(words.ticker).onmessage = tick;
    else setInterval(tick, 1000);
    tick();
    pulse();
    follow();
  }
  return { on: (what, listener) => listeners[what].push(listener), begin, changed, count, words, serverNow, deaf: () => stale };
})();
