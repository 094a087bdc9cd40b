/* Keys, news, and nothing typed is lost. Pages work without this file; it presses what is there.
   data-key="c"      the key that presses, follows or focuses this
   data-open="d"     the key that opens these details
   data-rows / data-row / data-main / data-row-key   a list walked with j and k
   data-long="words" a form whose answer may take minutes; data-progress="path" tells how far it is
   data-keep="name"  a form whose texts survive a lost session or connection (this tab only) */
"use strict";
(() => {
  const seen = (element) => element.getClientRects().length > 0;
  const typing = (target) => target instanceof Element &&
    target.closest("textarea, select, [contenteditable], input:not([type=checkbox]):not([type=radio])");
  const quoted = (key) => CSS.escape(key);
  let prefix = "";

  function press(element) {
    if (element.matches("input[type=search], input[type=text], select, textarea")) {
      element.focus();
      if (element.select) element.select();
    } else element.click();
    return true;
  }

  function open(details) {
    details.open = !details.open;
    if (details.open) (details.querySelector("button, input") || details).focus();
    return true;
  }

  function byKey(key) {
    const inside = document.querySelector("details[open] :is(form, .menu) [data-key='" + quoted(key) + "']");
    if (inside && seen(inside)) return press(inside);
    const row = document.querySelector("[data-row].here");
    if (row) {
      const own = row.querySelector("[data-row-key='" + quoted(key) + "']");
      if (own) return press(own);
      const folded = row.querySelector("details[data-row-open='" + quoted(key) + "']");
      if (folded) return open(folded);
      if (key === "Enter") return press(row.querySelector("[data-main]"));
    }
    const folded = document.querySelector("details[data-open='" + quoted(key) + "']");
    if (folded && seen(folded)) return open(folded);
    const all = [...document.querySelectorAll("[data-key='" + quoted(key) + "']")]
      .filter((one) => seen(one) && !one.disabled && !one.closest("details:not([open])"));
    const found = all.find((one) => one.closest("main")) || all[0];  /* the page before its frame */
    return found ? press(found) : false;
  }

  function walk(step) {
    const rows = [...document.querySelectorAll("[data-rows] [data-row]")];
    if (!rows.length) return false;
    const at = rows.findIndex((row) => row.classList.contains("here"));
    const next = rows[Math.min(Math.max(at + step, 0), rows.length - 1)];
    rows.forEach((row) => row.classList.toggle("here", row === next));
    next.querySelector("[data-main]").focus();
    next.scrollIntoView({ block: "nearest" });
    return true;
  }

  function close() {
    const opened = document.querySelector("details[open]:not(.stays)");
    if (!opened) return false;
    opened.open = false;
    opened.querySelector("summary").focus();
    return true;
  }

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Escape" && close()) return event.preventDefault();
    if (document.querySelector("dialog[open]")) return;
    if (typing(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (event.key === "Enter" && event.target.closest("a, button, summary, input")) return;
    if (event.repeat && !"jk".includes(event.key)) return event.preventDefault();  /* held: one decision, not one a case */
    let done = false;
    if (prefix === "g") done = event.key === "t" && go("/today");
    else if (event.key === "?") done = help();
    else if (event.key === "j") done = walk(1) || byKey("j");
    else if (event.key === "k") done = walk(-1) || byKey("k");
    else done = byKey(event.key);
    prefix = event.key === "g" ? "g" : "";
    if (done) event.preventDefault();
  });

  function go(path) {
    location.assign(path);
    return true;
  }

  function help() {
    const sheet = document.getElementById("keys");
    if (sheet) sheet.showModal();
    return Boolean(sheet);
  }

  /* marks on and off; a row that has the focus is the one that keys mean */
  document.addEventListener("change", (event) => {
    const what = event.target.dataset && event.target.dataset.toggle;
    if (what) document.querySelector(what).classList.toggle("bare", !event.target.checked);
  });
  document.addEventListener("focusin", (event) => {
    const row = event.target.closest("[data-row]");
    if (!row) return;
    document.querySelectorAll("[data-row].here").forEach((one) => one.classList.remove("here"));
    row.classList.add("here");
  });

  /* texts that survive */
  const keep = (form) => "kept:" + form.dataset.keep;
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (!form || !form.dataset.keep) return;
    const texts = [...form.querySelectorAll("textarea, input:not([type=hidden]):not([type=checkbox])")];
    sessionStorage.setItem(keep(form), JSON.stringify(texts.map((one) => [one.name, one.value])));
  });
  function restore() {
    document.querySelectorAll("form[data-keep]").forEach((form) => {
      const kept = JSON.parse(sessionStorage.getItem(keep(form)) || "[]");
      kept.forEach(([name, value]) => { if (form.elements[name] && value) form.elements[name].value = value; });
    });
  }
  document.addEventListener("submit", (event) => {
    /* pressing twice is harmless on the server; here it is only not sent twice */
    const form = event.target, by = event.submitter;
    const sent = by && by.name ? by.name + "=" + by.value : "yes";
    if (form.dataset.sent === sent) {
      event.preventDefault();
      return event.stopImmediatePropagation();
    }
    form.dataset.sent = sent;
    if (form.dataset.long) passTime(form);
    else setTimeout(() => delete form.dataset.sent, 4000);
    if (form.dataset.keep) sessionStorage.setItem("sent", keep(form));
    if (form.action.endsWith("/sign-out")) sessionStorage.clear();  /* the next person is another */
  }, true);  /* before htmx, which listens at the form itself */

  /* what takes minutes says so, and how long it has been */
  function passTime(form) {
    const line = document.createElement("div"), said = document.createElement("p");
    const clock = document.createElement("span"), began = Date.now();
    const far = document.createElement("span"), bar = document.createElement("progress");
    line.className = "note full passing";
    said.setAttribute("role", "status");  /* the rest would be read out every second */
    said.textContent = form.dataset.long;
    bar.setAttribute("aria-label", form.dataset.long);
    if (form.dataset.progress) far.dataset.live = form.dataset.progress;
    far.append(bar);
    line.append(said, clock, far);
    form.append(line);
    const tick = () => {
      if (!line.isConnected) return clearInterval(ticking);
      const seconds = Math.floor((Date.now() - began) / 1000);
      clock.textContent = Math.floor(seconds / 60) + ":" + String(seconds % 60).padStart(2, "0");
    };
    const ticking = setInterval(tick, 1000);
    tick();
  }
  window.addEventListener("pageshow", (event) => {  /* back to a page as it was left */
    if (!event.persisted) return;
    document.querySelectorAll(".passing").forEach((line) => line.remove());
    document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
  });

  /* what takes more than a moment is seen to be under way */
  let asking = 0;
  function busy(more) {
    asking = Math.max(0, asking + more);
    document.body.toggleAttribute("data-busy", asking > 0);
  }
  document.addEventListener("htmx:before:request", () => busy(1));
  document.addEventListener("htmx:finally:request", () => busy(-1));

  /* nothing was saved: say so, and leave the page and what was typed as they are */
  function refuse(place, said) {
    const line = document.createElement("p");
    line.className = "note bad full refused";
    line.setAttribute("role", "alert");
    line.textContent = said;
    document.querySelectorAll(".refused, .passing").forEach((one) => one.remove());
    place.append(line);
    line.scrollIntoView({ block: "nearest" });
    document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
    sessionStorage.removeItem("sent");
  }
  document.addEventListener("htmx:error", () =>
    refuse(document.getElementById("told"), document.body.dataset.lost));
  document.addEventListener("htmx:after:request", (event) => {
    const { response, request, text, sourceElement } = event.detail.ctx;
    const form = sourceElement.closest("form");
    if (response.status < 400 || request.method === "GET" || !form) return;
    const told = new DOMParser().parseFromString(text, "text/html").querySelector("[data-refused]");
    if (!told && response.status < 500) return;  /* a page of its own, with the form in it */
    event.preventDefault();
    refuse(form, told ? told.textContent : document.body.dataset.lost);  /* none of ours: of what stands in front */
  });

  /* new 红 and 橙: announced, never shoved in under a key press */
  let news = null, heard = "", rest = 5000;
  function listen() {
    if (news || document.hidden || !document.body.dataset.news || !window.EventSource) return;
    news = new EventSource(document.body.dataset.news + (heard && "?after=" + heard));
    news.addEventListener("open", () => { rest = 5000; });
    news.addEventListener("error", () => {
      if (news.readyState !== EventSource.CLOSED) return;  /* it asks again by itself */
      news = null;
      setTimeout(listen, rest);
      rest = Math.min(2 * rest, 300000);
    });
    news.addEventListener("here", (event) => { heard = event.lastEventId || heard; });
    news.addEventListener("alert", (event) => {
      heard = event.lastEventId;
      const told = JSON.parse(event.data);
      const line = document.createElement("p");
      line.className = "note";
      const level = document.createElement("span");
      level.className = "lv " + told.level;
      level.textContent = told.level_name;
      const link = document.createElement("a");
      link.href = "/alerts/" + Number(told.id);
      link.dataset.key = "n";
      link.textContent = told.name;
      const key = document.createElement("kbd");
      key.textContent = "N";
      line.append(level, " " + told.at + " " + told.said + " ", link, " ", key);
      document.getElementById("arrived").replaceChildren(line);
    });
  }

  /* a page that nobody sees keeps no connection, of which a browser has six; it catches up */
  document.addEventListener("visibilitychange", () => {
    if (document.hidden && news) {
      news.close();
      news = null;
    } else listen();
  });

  /* a line that tells of something under way is asked for again until it is over */
  setInterval(async () => {
    const line = document.querySelector("[data-live]");
    if (!line || document.hidden) return;
    try {
      const answer = await fetch(line.dataset.live, { redirect: "error" });
      if (!answer.ok || !line.isConnected) return;
      const told = new DOMParser().parseFromString(await answer.text(), "text/html").body.firstElementChild;
      if (told && told.outerHTML !== line.outerHTML) line.replaceWith(told);
    } catch { /* the next one may arrive */ }
  }, 2000);

  /* the bar shows where one is; a row that becomes a card says what its cells are */
  function place() {
    const bar = document.querySelector(".top nav"), here = bar && bar.querySelector("[aria-current]");
    if (here) bar.scrollLeft = here.offsetLeft - bar.offsetLeft - (bar.clientWidth - here.clientWidth) / 2;
    document.querySelectorAll("table.many").forEach((table) => {
      const heads = [...table.tHead.rows[0].cells].map((one) => one.textContent.trim());
      [...table.tBodies].flatMap((body) => [...body.rows]).forEach((row) =>
        [...row.cells].forEach((cell, at) => { if (cell.colSpan === 1 && heads[at]) cell.dataset.head = heads[at]; }));
    });
  }

  function begin() {
    place();
    if (!document.querySelector("[data-refused]") && sessionStorage.getItem("sent")) {
      sessionStorage.removeItem(sessionStorage.getItem("sent"));  /* it arrived */
      sessionStorage.removeItem("sent");
    }
    restore();
    listen();
    const now = document.getElementById("now");
    if (now && document.activeElement === document.body) now.focus({ preventScroll: true });
  }
  document.addEventListener("DOMContentLoaded", begin);
  document.addEventListener("htmx:after:swap", begin);
})();
