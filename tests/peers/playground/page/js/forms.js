// Forms (modals): the one on top of the stack, filled in anew whenever the app updates it.

import {blocks} from "./blocks.js";
import {fill, h, icon, ICONS} from "./element.js";
import {formOf} from "./form_state.js";
import {payloadOfView, showJson, builderAddress} from "./inspect.js";
import {ask} from "./link.js";
import {menu} from "./popup.js";
import {world} from "./world.js";

const slack = document.getElementById("slack");
let dialog = null;
let drawn = "";
let opener = null;

export function drawForms() {
  const {top, below} = world.forms.get(world.me) ?? {top: null};
  const signature = top ? `${world.me} ${top.id} ${top.hash} ${JSON.stringify(top.errors)}` : "";
  if (signature === drawn) return;
  drawn = signature;
  const before = dialog;
  const same = before?.dataset.view === top?.id;
  if (before && !same) {
    before.remove();
    dialog = null;
  }
  if (top && !before) opener = document.activeElement?.dataset.focus ?? null;
  // A form holds back the rest of Slack, but not the playground's own bar: the other person has nothing to do with it.
  for (const pane of slack.querySelectorAll(":scope > nav, :scope > main, :scope > aside")) pane.inert = Boolean(top);
  if (!top) {
    // Whoever goes on by keyboard goes on where the form was opened, though the message may have been drawn anew.
    [...slack.querySelectorAll("[data-focus]")].find((each) => opener && each.dataset.focus === opener)?.focus();
    return;
  }
  if (!same) {
    dialog = h("dialog", {class: "modal", "aria-modal": "true", "data-view": top.id, onkeydown: (event) => {
      if (event.key === "Escape" && !event.defaultPrevented && !dialog.querySelector("[popover]")) close(top);
    }});
    slack.append(dialog);
    dialog.show();
  }
  show(top, below);
}

function show(view, below) {
  const focused = dialog.contains(document.activeElement) ? document.activeElement : null;
  const [name, selection] = [focused?.dataset.focus, [focused?.selectionStart, focused?.selectionEnd]];
  const scroll = dialog.querySelector(".body")?.scrollTop ?? 0;
  const form = formOf(view);
  const title = view.title?.text ?? "";
  dialog.setAttribute("aria-label", title);
  const problem = h("p", {class: "error", role: "alert"});
  const body = h("div", {class: "body", tabindex: "0"}, blocks(view.blocks ?? [], {view: view.id}, form));
  fill(dialog,
    h("header", {}, h("span", {class: "avatar bot small", "aria-hidden": "true"}, world.app.slice(0, 1)), h("h2", {}, title),
      below ? h("small", {}, `${below + 1} deep`) : null, more(view),
      h("button", {class: "plain", "aria-label": "Close", onclick: () => close(view)}, icon(ICONS.close))),
    body, problem,
    h("footer", {class: "row end"},
      h("button", {class: "button", onclick: () => close(view)}, view.close?.text ?? "Cancel"),
      view.submit ? h("button", {class: "button primary", "data-action": "submit", onclick: (event) => submit(view, form, event.target, problem)}, view.submit.text) : null));
  body.scrollTop = scroll;
  const again = name && [...dialog.querySelectorAll("[data-focus]")].find((each) => each.dataset.focus === name);
  if (again) {
    again.focus();
    if (typeof selection[0] === "number") again.setSelectionRange(...selection);
  } else if (!focused) {
    dialog.querySelector(".body textarea, .body input, .body select, .body button")?.focus();
  }
  if (Object.keys(view.errors ?? {}).length) dialog.querySelector(".wrong")?.scrollIntoView({block: "center"});
}

function more(view) {
  const node = h("button", {class: "plain", "aria-haspopup": "menu", "aria-label": "More about this form", onclick: () => menu(node, [
    ["Show JSON", () => showJson("Form", "view", payloadOfView(view))],
    ["Open in Block Kit Builder", () => window.open(builderAddress("view", payloadOfView(view)), "_blank", "noopener,noreferrer")],
  ], "More about this form")}, icon(ICONS.more));
  return node;
}

async function submit(view, form, button, problem) {
  problem.textContent = "";
  button.setAttribute("aria-busy", "true");
  button.disabled = true;
  const told = await ask("submit", {view: view.id, values: form.values()});
  button.removeAttribute("aria-busy");
  button.disabled = false;
  if (!told.ok) problem.textContent = told.error;
}

async function close(view) {
  const told = await ask("close", {view: view.id});
  if (!told.ok) dialog?.querySelector("[role=alert]")?.replaceChildren(told.error);
}
