// Dialogues of the client itself: a confirmation, and a box that shows something.

import {h, icon, ICONS} from "./element.js";

// The part of the page that is Slack, so that a dialogue fits the phone's width, too.
const stage = () => document.getElementById("slack");

// Whether the person says yes to Slack's confirmation object.
export function confirmed(asked) {
  return new Promise((resolve) => {
    const words = (text) => text?.text ?? "";
    const dialog = h("dialog", {class: "confirm", "aria-label": words(asked.title) || "Are you sure?"},
      h("h2", {}, words(asked.title)),
      h("p", {}, words(asked.text)),
      h("div", {class: "row"},
        h("button", {class: "button", onclick: () => dialog.close("no")}, words(asked.deny) || "Cancel"),
        h("button", {class: `button ${asked.style === "danger" ? "danger" : "primary"}`, autofocus: true,
          onclick: () => dialog.close("yes")}, words(asked.confirm) || "OK")));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    stage().append(dialog);
    dialog.showModal();
  });
}

// A box with a title and any content.
export function show(title, ...content) {
  const dialog = h("dialog", {class: "box", "aria-label": title},
    h("header", {}, h("h2", {}, title),
      h("button", {class: "plain", "aria-label": "Close", onclick: () => dialog.close()}, icon(ICONS.close))),
    h("div", {class: "body"}, content));
  dialog.addEventListener("close", () => dialog.remove());
  stage().append(dialog);
  dialog.showModal();
  return dialog;
}

// Asks for a text; null when the person goes back.
export function askText(title, text, yes) {
  return new Promise((resolve) => {
    const box = h("textarea", {rows: 4, "aria-label": title, autofocus: true});
    box.value = text;
    const dialog = h("dialog", {class: "confirm", "aria-label": title}, h("h2", {}, title), box,
      h("div", {class: "row"},
        h("button", {class: "button", onclick: () => dialog.close("no")}, "Cancel"),
        h("button", {class: "button primary", onclick: () => dialog.close("yes")}, yes)));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes" ? box.value : null);
    });
    stage().append(dialog);
    dialog.showModal();
  });
}
