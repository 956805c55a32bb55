// A message: who, when, what, with its reactions, files, replies and menu.

import {blocks} from "./blocks.js";
import {askText} from "./dialogs.js";
import {h, icon, ICONS} from "./element.js";
import {payloadOf, showJson, builderAddress} from "./inspect.js";
import {wish} from "./link.js";
import {mrkdwn, spoken} from "./mrkdwn.js";
import {menu} from "./popup.js";
import {go, isMine, nameOf, repliesOf, user, world} from "./world.js";

const REACTIONS = {eyes: "👀", white_check_mark: "✅", x: "❌", speech_balloon: "💬", "+1": "👍", tada: "🎉"};

// Without a font for it an emoji is an empty box: then its name is shown, as Slack does for what it does not know.
const drawsEmoji = (() => {
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d", {willReadFrequently: true});
  const seen = (text) => {
    pen.clearRect(0, 0, 60, 60);
    pen.font = "30px sans-serif";
    pen.fillText(text, 0, 40);
    return pen.getImageData(0, 0, 60, 60).data.join();
  };
  return seen("👀") !== seen("\u{10ffff}") && seen("👀") !== seen("✅");
})();

const DRAWN = {
  eyes: "M4.5 3C3 3 2 5 2 8s1 5 2.5 5S7 11 7 8 6 3 4.5 3zM11.5 3C10 3 9 5 9 8s1 5 2.5 5S14 11 14 8s-1-5-2.5-5zM5 8v1M12 8v1",
  white_check_mark: "M2 2h12v12H2zM5 8l2.5 2.5L11 5.5",
  x: "M3 3l10 10M13 3L3 13",
  speech_balloon: "M2 3h12v8H7l-4 3v-3H2z",
  "+1": "M5 7l3-5c1.5 0 2 1 1.5 3L9 6.5h4l-1 6H5zM2 7h2v6H2z",
};

function emoji(name) {
  if (drawsEmoji && REACTIONS[name]) return REACTIONS[name];
  return DRAWN[name] ? icon(DRAWN[name]) : `:${name}:`;
}

export const at = (ts) => new Date(Number(ts) * 1000);

export function avatar(id) {
  const name = nameOf(id);
  const kind = user(id)?.bot ? "bot" : `person-${world.people.indexOf(id)}`;
  return h("span", {class: `avatar ${kind}`, "aria-hidden": "true"}, name.slice(0, 1).toUpperCase());
}

// `where` is "channel" or "thread".
export function messageNode(message, where) {
  const isBot = user(message.user)?.bot;
  const named = message.notified?.includes(world.me) ? "named" : "";
  return h("article", {class: `message ${named} ${message.only ? "only" : ""}`, "data-ts": message.ts,
    "aria-label": `${nameOf(message.user)}, ${spoken(at(message.ts), "time")}`},
    avatar(message.user),
    h("div", {class: "content"},
      message.only ? h("div", {class: "private"}, "Only visible to you") : null,
      where === "channel" && message.thread_ts ? threadLink(message) : null,
      h("div", {class: "head"},
        h("b", {class: "name"}, nameOf(message.user)), isBot ? h("span", {class: "app"}, "APP") : null,
        h("time", {datetime: at(message.ts).toISOString(), title: at(message.ts).toString()}, spoken(at(message.ts), "time"))),
      body(message),
      message.files.length ? h("div", {class: "files"}, message.files.map(file)) : null,
      reactions(message),
      where === "channel" && !message.thread_ts ? replies(message) : null),
    tools(message, where));
}

function body(message) {
  if (message.blocks.length) return h("div", {class: "blocks"}, blocks(message.blocks, {channel: message.channel, ts: message.ts}));
  return h("div", {class: "text"}, mrkdwn(message.text), message.edited ? h("small", {class: "edited"}, " (edited)") : null);
}

function threadLink(message) {
  return h("button", {class: "link small", onclick: () => go({channel: message.channel, thread: message.thread_ts})}, "replied to a thread");
}

function file(held) {
  const size = held.size < 1024 ? `${held.size} B` : `${Math.round(held.size / 1024)} kB`;
  const shown = held.type.startsWith("image/")
    ? h("img", {src: `/files/${held.id}`, alt: held.name, loading: "lazy"})
    : null;
  return h("a", {class: "file", href: `/files/${held.id}`, target: "_blank", rel: "noopener"}, shown, h("span", {}, held.name, h("small", {}, ` ${size}`)));
}

function reactions(message) {
  const held = Object.entries(message.reactions);
  if (!held.length) return null;
  return h("div", {class: "reactions"}, held.map(([name, users]) => h("button", {
    class: users.includes(world.me) ? "reaction mine" : "reaction", "aria-pressed": String(users.includes(world.me)),
    title: `${users.map(nameOf).join(", ")} reacted with :${name}:`, "aria-label": `${name}, ${users.length}`,
    onclick: () => wish("react", {channel: message.channel, ts: message.ts, name}),
  }, emoji(name), ` ${users.length}`)));
}

function replies(message) {
  const held = repliesOf(message);
  if (!held.length) return null;
  const last = held.at(-1);
  const who = [...new Set(held.map((each) => each.user))];
  return h("button", {class: "replies", onclick: () => go({channel: message.channel, thread: message.ts})},
    who.map(avatar), h("b", {}, held.length === 1 ? "1 reply" : `${held.length} replies`),
    h("small", {}, `last at ${spoken(at(last.ts), "time")}`));
}

function tools(message, where) {
  const more = h("button", {class: "plain", "aria-haspopup": "menu", "aria-label": "More actions of this message",
    onclick: () => menu(more, entries(message), "More actions of this message")}, icon(ICONS.more));
  const reply = h("button", {class: "plain", "aria-label": "Reply in thread",
    onclick: () => go({channel: message.channel, thread: message.thread_ts || message.ts})}, icon(ICONS.reply));
  return h("div", {class: "tools"}, where === "channel" && !message.only ? reply : null, more);
}

function entries(message) {
  const place = {channel: message.channel, ts: message.ts};
  const payload = payloadOf(message);
  const all = [
    ["Show JSON", () => showJson("Message", "message", payload)],
    ["Open in Block Kit Builder", () => window.open(builderAddress("message", payload), "_blank", "noopener,noreferrer")],
  ];
  if (!message.only) {
    for (const each of world.shortcuts) all.unshift([each.name, () => wish("shortcut", {...place, callback: each.callback_id})]);
    all.push(["React with :+1:", () => wish("react", {...place, name: "+1"})]);
  }
  if (isMine(message) && !message.only) {
    all.push(["Edit message", () => edit(message)]);
    all.push(["Delete message", () => wish("delete", place), "danger"]);
  }
  return all;
}

async function edit(message) {
  const named = message.text.replace(/<@(\w+)>/g, (_, id) => `@${nameOf(id)}`);
  const plain = named.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");
  const text = await askText("Edit message", plain, "Save");
  if (text !== null && text.trim()) wish("edit", {channel: message.channel, ts: message.ts, text});
}

// What decides whether a message must be drawn anew.
export function signature(message, where) {
  const held = where === "channel" ? repliesOf(message).map((each) => `${each.ts}${each.user}`).join() : "";
  return `${world.me}${where}${JSON.stringify(message)}${held}`;
}
