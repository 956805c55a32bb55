// The main pane (a channel, or the app with its Home and Messages tabs) and the thread beside it.

import {blocks} from "./blocks.js";
import {composer} from "./composer.js";
import {fill, h, icon, ICONS, keep} from "./element.js";
import {formOf} from "./form_state.js";
import {builderLink, payloadOfView, showJson} from "./inspect.js";
import {wish} from "./link.js";
import {messageNode, signature} from "./messages.js";
import {changed, find, go, markRead, nameOf, threadOf, topOf, world} from "./world.js";

const NEAR_END = 60;

// A pane that is built once for each place and then kept up to date.
class Pane {
  constructor(root, where) {
    this.root = root;
    this.where = where;
    this.place = "";
  }

  draw(place, build, messages) {
    if (this.place !== place) {
      this.place = place;
      this.list = h("div", {class: "messages", role: "log", "aria-label": "Messages", tabindex: "0"});
      this.status = h("div", {class: "status", "aria-live": "polite"});
      fill(this.root, build(this.list, this.status));
      this.atEnd = true;
      this.list.addEventListener("scroll", () => {
        this.atEnd = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < NEAR_END;
      });
      // Whoever read the newest message goes on doing so when the pane gets another size.
      new ResizeObserver(() => this.stay()).observe(this.list);
    }
    keep(this.list, messages.map((message) => [message.ts, signature(message, this.where), () => messageNode(message, this.where)]));
    this.stay();
  }

  stay() {
    if (this.atEnd) this.list.scrollTop = this.list.scrollHeight;
  }
}

const main = new Pane(document.getElementById("main"), "channel");
const thread = new Pane(document.getElementById("thread"), "thread");

const backButton = (label, act) => h("button", {class: "plain back", "aria-label": label, onclick: act}, icon(ICONS.back));
const toSidebar = () => backButton("Back to conversations", () => go({channel: ""}));

export function drawPanes() {
  const channel = world.channels.get(world.channel);
  document.getElementById("slack").dataset.pane = world.thread ? "thread" : channel ? "main" : "sidebar";
  if (!channel) return;
  const isApp = channel.kind === "im";
  if (isApp && world.tab === "home") drawHome(channel);
  else main.draw(`${world.me} ${channel.id}`, (list, status) => [head(channel), list, status, foot(channel)], topOf(channel.id));
  showStatus(main, channel, "");
  drawThread(channel);
  markRead(channel.id);
}

function head(channel) {
  if (channel.kind !== "im") {
    const count = channel.members.length;
    return h("header", {class: "head"}, toSidebar(), h("h1", {}, `# ${channel.name}`), h("small", {}, `${count} members`));
  }
  const tab = (name, label) => h("button", {
    role: "tab", "aria-selected": String(world.tab === name), onclick: () => {
      world.tab = name;
      wish("home", {tab: name});
      changed();
    },
  }, label);
  return h("header", {class: "head"}, toSidebar(), h("h1", {}, world.app), h("span", {class: "app"}, "APP"),
    h("div", {role: "tablist", "aria-label": world.app}, tab("home", "Home"), tab("messages", "Messages")));
}

function foot(channel) {
  if (!channel.members.includes(world.me)) return h("p", {class: "note"}, "You are not in this channel.");
  const label = channel.kind === "im" ? `Message ${world.app}` : `Message #${channel.name}`;
  const invite = channel.kind !== "im" && !channel.members.includes(world.bot)
    ? h("p", {class: "note"}, `${world.app} is not in this channel. `,
      h("button", {class: "link", onclick: () => wish("join", {channel: channel.id})}, `Invite ${world.app}`))
    : null;
  return h("footer", {}, invite, composer(channel.id, "", label));
}

function showStatus(pane, channel, thread_ts) {
  const text = channel.statuses[thread_ts];
  pane.status?.replaceChildren(text ? `${world.app} ${text}` : "");
}

function drawThread(channel) {
  const root = find(channel.id, world.thread);
  const aside = document.getElementById("thread");
  aside.hidden = !root;
  if (!root) {
    thread.place = "";
    return;
  }
  const place = channel.kind === "im" ? world.app : `#${channel.name}`;
  thread.draw(`${world.me} ${channel.id} ${root.ts}`, (list, status) => [
    h("header", {class: "head"}, backButton("Back to the channel", close), h("h1", {}, "Thread"), h("small", {}, place),
      h("button", {class: "plain end", "aria-label": "Close thread", onclick: close}, icon(ICONS.close))),
    list, status, h("footer", {}, composer(channel.id, root.ts, "Reply…")),
  ], threadOf(channel.id, root.ts));
  showStatus(thread, channel, root.ts);
}

const close = () => go({thread: "", tab: world.tab});

// --- Home

function drawHome(channel) {
  const home = world.homes.get(world.me);
  const place = `home ${world.me} ${home?.hash ?? ""}`;
  if (main.place === place) return;
  const held = main.root.querySelector(".home");
  const top = held?.scrollTop ?? 0;
  main.place = place;
  const form = home ? formOf(home) : null;
  const content = home
    ? [blocks(home.blocks ?? [], {view: home.id}, form),
      h("div", {class: "row inspect"},
        h("button", {class: "link small", onclick: () => showJson("Home", "view", payloadOfView(home))}, "Show JSON"),
        builderLink("view", payloadOfView(home)))]
    : h("p", {class: "note"}, `Waiting for ${world.app} to publish ${nameOf(world.me)}'s Home…`);
  const body = h("div", {class: "home", tabindex: "0", "aria-label": "Home"}, content);
  fill(main.root, head(channel), body);
  main.status = null;
  body.scrollTop = top;
}
