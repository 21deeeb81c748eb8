// What a page does better with a script. Without it, everything works but copying.
"use strict";

// A sign-in link has its code behind the #, which no server sees. It goes into the form, and out of the address.
function takeCode() {
  const form = document.getElementById("sign-in");
  const anew = document.getElementById("sign-in-anew");
  const code = location.hash.slice(1);
  if (!(form || anew) || !/^[\w-]{43}$/.test(code)) {
    return;
  }
  history.replaceState(null, "", location.pathname);
  if (anew) {
    anew.hash = code;
    return;
  }
  form.elements.code.value = code;
  for (const part of document.querySelectorAll(".by-hand, .fault")) {
    part.hidden = true;
  }
  form.querySelector(".ready").hidden = false;
  form.querySelector("button").focus();
}

// A dialog that the server has opened becomes a modal one: the focus stays in it, and Escape leads back.
function openDialogs() {
  for (const dialog of document.querySelectorAll("dialog[open]")) {
    dialog.open = false;
    dialog.showModal();
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      location.replace(dialog.dataset.close);
    });
    // The date's field is asked for only where it is shown.
    const date = dialog.querySelector("#date");
    const ask = () => {
      date.required = dialog.querySelector("[name=expiry]:checked")?.value === "date";
    };
    if (date) {
      dialog.addEventListener("change", ask);
      ask();
    }
  }
}

// A form is sent once, however often its button is pressed.
function sendOnce() {
  for (const form of document.forms) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) {
        event.preventDefault();
      }
      form.dataset.sent = "yes";
      event.submitter?.setAttribute("aria-disabled", "true");
    });
  }
  addEventListener("pageshow", () => {
    for (const form of document.forms) {
      delete form.dataset.sent;
      form.querySelector("[aria-disabled]")?.removeAttribute("aria-disabled");
    }
  });
}

// The page with a token is left without it: neither its reload nor the way back from another page shows it again.
function showOnce() {
  const issued = document.querySelector(".issued");
  if (issued) {
    history.replaceState(null, "", location.pathname);
    addEventListener("pagehide", () => issued.remove());
  }
}

function offerToCopy() {
  const button = document.getElementById("copy");
  if (!button) {
    return;
  }
  const field = document.getElementById("token");
  button.hidden = false;
  button.focus();
  field.addEventListener("focus", () => field.select());
  button.addEventListener("click", async () => {
    let copied = true;
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      field.select();
      copied = document.execCommand("copy");
    }
    document.getElementById("copied").textContent = copied ? "Copied to the clipboard." : "Press Ctrl+C to copy it.";
    button.classList.toggle("copied", copied);
    button.querySelector("span").textContent = copied ? "Copied" : "Copy";
  });
}

// What a page has to say when it opens is only read out where it comes after the page.
function announce() {
  const told = [...document.querySelectorAll(".notice[role], .fault[role]")].map((each) => each.textContent.trim());
  setTimeout(() => {
    document.getElementById("announcer").textContent = told.join(" ");
  }, 100);
}

// A confirmation is for once, and not for whoever loads the page again.
function forgetNotices() {
  if (/^\?note\b/.test(location.search)) {
    history.replaceState(null, "", location.pathname);
  }
}

takeCode();
addEventListener("hashchange", takeCode); // a link that is opened over the sign-in page loads no page anew
openDialogs();
sendOnce();
showOnce();
offerToCopy();
announce();
forgetNotices();
