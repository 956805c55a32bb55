// The sidebar: channels and the app, with what is unread.

import {fill, h, keepFocus} from "./element.js";
import {wish} from "./link.js";
import {avatar} from "./messages.js";
import {channelsOfMine, direct, go, nameOf, unread, world} from "./world.js";

export function drawSidebar() {
  const app = direct();
  const root = document.getElementById("sidebar");
  keepFocus(root, () => fill(root,
    h("div", {class: "team"}, h("b", {}, world.team), h("small", {}, avatar(world.me), ` ${nameOf(world.me)}`)),
    h("h2", {}, "Channels"),
    h("ul", {}, channelsOfMine().map((channel) => entry(channel, `# ${channel.name}`, () => go({channel: channel.id})))),
    h("h2", {}, "Apps"),
    h("ul", {}, app ? entry(app, world.app, () => {
      wish("home", {tab: "home"});
      go({channel: app.id, tab: "home"});
    }) : null)));
}

function entry(channel, label, act) {
  const {fresh, named} = channel.id === world.channel ? {fresh: 0, named: 0} : unread(channel);
  return h("li", {}, h("button", {
    class: fresh ? "entry unread" : "entry", "aria-current": channel.id === world.channel ? "true" : null,
    "data-focus": channel.id, onclick: act,
  }, h("span", {}, label), named ? h("span", {class: "badge", "aria-label": `${named} unread`}, named) : null));
}
