// Looks for news once a second and puts in only what changed: what somebody is typing is never touched.
"use strict";
const live = document.getElementById("live");
const lost = document.getElementById("lost");
const lang = live.dataset.lang;
const title = document.title;
let looking = null;

const toEnd = (talk) => { talk.scrollTop = talk.scrollHeight; };

function mark() {
  document.title = document.querySelector(".phone.rings") ? `☎ ${title}` : title;
}

function take(old, fresh) {
  if (old.innerHTML === fresh.innerHTML && old.className === fresh.className) return;
  const held = old.contains(document.activeElement) ? document.activeElement.value : null;
  const wasAtEnd = old.scrollHeight - old.scrollTop - old.clientHeight < 40;
  old.className = fresh.className;
  old.replaceChildren(...fresh.childNodes);
  if (old.classList.contains("talk") && wasAtEnd) toEnd(old);
  if (held) [...old.querySelectorAll("button")].find((button) => button.value === held)?.focus();
}

function put(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  const phones = document.getElementById("phones");
  let place = null;
  for (const phone of [...fresh.getElementById("phones").children]) {
    const old = document.getElementById(phone.id);
    if (old) {
      old.className = phone.className;
      for (const part of ["top", "talk", "call", "quick"]) {
        take(old.querySelector(`:scope > .${part}`), phone.querySelector(`:scope > .${part}`));
      }
      place = old;
    } else {
      const news = document.importNode(phone, true);
      place ? place.after(news) : phones.prepend(news);
      toEnd(news.querySelector(".talk"));
      place = news;
    }
  }
  for (const old of [...phones.children]) if (!fresh.getElementById(old.id)) old.remove();
  mark();
  const scene = document.getElementById("scene");
  const freshScene = fresh.getElementById("scene");
  const focused = [...scene.querySelectorAll("button")].indexOf(document.activeElement);
  scene.dataset.version = freshScene.dataset.version;
  take(scene, freshScene);
  if (focused >= 0) scene.querySelectorAll("button")[focused]?.focus();
  const open = document.getElementById("others")?.open;
  take(document.getElementById("rest"), fresh.getElementById("rest"));
  if (open && document.getElementById("others")) document.getElementById("others").open = true;
}

async function look() {
  clearTimeout(looking);
  try {
    const seen = document.getElementById("scene").dataset.version;
    const news = await fetch(`/fragment?lang=${lang}&seen=${seen}`, { signal: AbortSignal.timeout(5000) });
    if (news.status === 200) put(await news.text());
    lost.textContent = news.ok ? "" : lost.dataset.words;
  } catch {
    lost.textContent = lost.dataset.words;
  }
  clearTimeout(looking);
  looking = setTimeout(look, 1000);
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  event.preventDefault();
  const said = new URLSearchParams(new FormData(form, event.submitter));
  if (event.submitter) event.submitter.disabled = true;
  try {
    const answer = await fetch(form.action, { method: "POST", body: said, redirect: "manual" });
    if (answer.ok || answer.type === "opaqueredirect") form.reset();
  } catch {
    lost.textContent = lost.dataset.words;
  } finally {
    if (event.submitter) { event.submitter.disabled = false; event.submitter.focus(); }
    look();
  }
});

document.querySelectorAll(".talk").forEach(toEnd);
mark();
look();
