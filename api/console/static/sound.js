// What an operator hears: class 1 until somebody has seen it, class 2 now and then, class 3 once; and when we are deaf.
"use strict";
(() => {
  const { words } = shouwang;
  const MUTE_MS = 120000; // nobody may silence a call for longer
  const kept = sessionStorage;
  let audio = null;
  let last = null; // the last pulse
  let ticks = 0;
  const known = new Set(JSON.parse(kept.getItem("known") || "[]"));
  const running = () => audio !== null && audio.state === "running";

  function beep(tones, kind, loudness = 0.25) {
    if (!running()) return;
    tones.forEach((pitch, n) => {
      const at = audio.currentTime + n * 0.22;
      const tone = audio.createOscillator(), loud = audio.createGain();
      tone.type = "square";
      tone.frequency.value = pitch;
      loud.gain.setValueAtTime(0.0001, at);
      loud.gain.exponentialRampToValueAtTime(loudness, at + 0.02);
      loud.gain.exponentialRampToValueAtTime(0.0001, at + 0.2);
      tone.connect(loud).connect(audio.destination);
      tone.start(at);
      tone.stop(at + 0.21);
    });
    document.body.dataset.beeps = Number(document.body.dataset.beeps || 0) + 1;
    document.body.dataset.beeped = kind;
  }
  const muted = () => Date.now() < Number(kept.getItem("mutedUntil") || 0);

  shouwang.on("tick", ({ stale }) => {
    ticks += 1;
    show();
    if (stale) {
      if (ticks % 5 === 0) beep([330, 262], "deaf");
      return;
    }
    if (!last) return;
    if (last.calls.length && ticks % 2 === 0 && !muted()) beep([988, 740, 988, 740], "class1");
    else if (last.chimes.length && ticks % 30 === 0) beep([660, 880], "class2");
  });

  shouwang.on("pulse", (pulse) => {
    last = pulse;
    const now = [...pulse.calls, ...pulse.chimes, ...pulse.murmurs];
    const fresh = now.filter((id) => !known.has(id));
    if (fresh.some((id) => pulse.calls.includes(id))) {
      kept.removeItem("mutedUntil"); // silence was for what was there before
      beep([988, 740, 988, 740], "class1");
    } else if (fresh.some((id) => pulse.chimes.includes(id))) beep([660, 880], "class2");
    else if (fresh.length) beep([523], "class3", 0.12);
    for (const id of fresh) if (!pulse.murmurs.includes(id)) announce(id, pulse.texts[id]);
    known.clear();
    now.forEach((id) => known.add(id));
    kept.setItem("known", JSON.stringify(now));
    show();
  });

  // ---- what is seen of it from another window
  function show() {
    const calling = last ? last.calls.length : 0;
    const open = last ? last.open : 0;
    const state = shouwang.deaf() ? "off" : calling ? "1" : last && last.chimes.length ? "2" : open ? "3" : "0";
    const mark = shouwang.deaf() ? "⚠ " : calling ? "🔴 " : "";
    const title = mark + (open ? `(${open}) ` : "") + words.title;
    if (document.title !== title) document.title = title;
    const icon = document.getElementById("icon");
    const address = icon.dataset[`icon${state}`];
    if (icon.getAttribute("href") !== address) icon.setAttribute("href", address);
    const mute = document.getElementById("mute");
    if (!mute) return;
    mute.hidden = !calling || !running();
    const left = Math.ceil((Number(kept.getItem("mutedUntil") || 0) - Date.now()) / 1000);
    mute.textContent = left > 0 ? words.mutedFor.replace("{s}", left) : words.mute;
    mute.setAttribute("aria-pressed", String(left > 0));
  }
  function announce(id, text) {
    if (!document.hidden || !("Notification" in window) || Notification.permission !== "granted") return;
    const note = new Notification(words.title, { body: text, tag: id, requireInteraction: true });
    note.onclick = () => { window.focus(); location.href = `/alerts/${encodeURIComponent(id)}`; };
  }

  // ---- the shift begins with a click, which is what browsers ask for before they let a page sound
  async function shift({ asked }) {
    audio = audio || new AudioContext();
    if (asked) kept.setItem("shift", "on");
    // Without a gesture a browser leaves `resume` open for ever: what counts is whether it runs.
    const resumed = audio.resume();
    if (asked) await resumed;
    else await Promise.race([resumed, new Promise((done) => setTimeout(done, 300))]);
    shown();
  }
  function shown() {
    const on = running() && kept.getItem("shift") === "on";
    const start = document.getElementById("shift");
    if (start) {
      start.textContent = on ? words.shiftOn : words.shiftStart;
      start.classList.toggle("main", !on);
      start.setAttribute("aria-pressed", String(on));
    }
    const off = document.getElementById("shift-off");
    if (off) off.hidden = on;
  }
  document.getElementById("shift")?.addEventListener("click", async () => {
    await shift({ asked: true });
    beep([660], "shift");
    if ("Notification" in window && Notification.permission === "default") Notification.requestPermission();
  });
  document.getElementById("mute")?.addEventListener("click", () => {
    kept.setItem("mutedUntil", muted() ? "0" : String(Date.now() + MUTE_MS));
    show();
  });
  if (kept.getItem("shift") === "on") {
    shift({ asked: false });
    // The first touch of a new page may be what the browser was waiting for.
    for (const what of ["pointerdown", "keydown"]) {
      document.addEventListener(what, () => { if (!running()) shift({ asked: false }); });
    }
  }
  shown();
})();
