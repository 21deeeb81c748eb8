// Improvements for browsers with JavaScript. Without it, everything works except copying.
"use strict";

// A sign-in link has its code after the #, which browsers do not send. Move it from the address to the form.
function takeCode() {
  const form = document.getElementById("sign-in");
  const again = document.getElementById("sign-in-anew");
  const code = location.hash.slice(1);
  if (!(form || again) || !/^[\w-]{43}$/.test(code)) {
    return;
  }
  history.replaceState(null, "", location.pathname);
  if (again) {
    again.hash = code;
    return;
  }
  form.elements.code.value = code;
  for (const part of document.querySelectorAll(".manual, .fault")) {
    part.hidden = true;
  }
  form.querySelector(".ready").hidden = false;
  form.querySelector("button").focus();
}

// Make a dialog that the server opened modal: focus stays in it, and Escape returns to the page.
function openDialogs() {
  for (const dialog of document.querySelectorAll("dialog[open]")) {
    dialog.open = false;
    dialog.showModal();
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      location.replace(dialog.dataset.close);
    });
  }
}

// The date of a token's expiry is required only while its field is visible.
function requireDate() {
  const date = document.getElementById("date");
  if (!date) {
    return;
  }
  const update = () => {
    date.required = date.form.querySelector("[name=expiry]:checked")?.value === "date";
  };
  date.form.addEventListener("change", update);
  update();
}

// The user may sign in on another tab: continue here when this one is visible again.
function continueWhenSignedIn() {
  const form = document.getElementById("sign-in");
  if (form?.elements.next.value) {
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible" && !form.elements.code.value) {
        location.reload();
      }
    });
  }
}

// Submit a form only once, however often its button is pressed.
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

// Remove the new token when the page is left: reloading it or going back does not show it again.
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

// Screen readers announce a page's messages only if they are added after it has loaded.
function announce() {
  const messages = [...document.querySelectorAll(".notice[role], .fault[role]")].map((each) => each.textContent.trim());
  setTimeout(() => {
    document.getElementById("announcer").textContent = messages.join(" ");
  }, 100);
}

// Show a confirmation once, not again on reload.
function forgetNotices() {
  if (/^\?note\b/.test(location.search)) {
    history.replaceState(null, "", location.pathname);
  }
}

takeCode();
addEventListener("hashchange", takeCode); // opening a link over the sign-in page does not reload it
openDialogs();
requireDate();
continueWhenSignedIn();
sendOnce();
showOnce();
offerToCopy();
announce();
forgetNotices();
