// Show JSON, and Open in Block Kit Builder.

import {h} from "./element.js";
import {show} from "./dialogs.js";

// Slack's own builder; the payload travels in the part of the address that is not sent to any server.
export function builderAddress(kind, payload) {
  const held = kind === "message" ? {blocks: payload.blocks ?? []} : payload;
  return `https://app.slack.com/block-kit-builder/#${encodeURIComponent(JSON.stringify(held))}`;
}

export function builderLink(kind, payload) {
  return h("a", {class: "button", href: builderAddress(kind, payload), target: "_blank", rel: "noopener noreferrer"}, "Open in Block Kit Builder");
}

export function showJson(title, kind, payload) {
  const text = JSON.stringify(payload, null, 2);
  show(title,
    h("div", {class: "row"},
      h("button", {class: "button", onclick: () => navigator.clipboard?.writeText(text)}, "Copy"),
      builderLink(kind, payload)),
    h("pre", {class: "json", tabindex: "0"}, h("code", {}, text)));
}

// The payload of a message as the app sent it.
export const payloadOf = (message) => ({text: message.text, blocks: message.blocks});

// The payload of a form or Home without what Slack added.
export function payloadOfView({id, hash, errors, ...payload}) {
  return payload;
}
