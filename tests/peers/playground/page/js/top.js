// The playground's own bar: who looks, the counters that must not move, the phone's width, and the panel Break it.

import {fill, h, keepFocus, notice} from "./element.js";
import {ask} from "./link.js";
import {changed, markRead, nameOf, world} from "./world.js";

const stage = document.getElementById("stage");
const panel = document.getElementById("breaking");
const top = document.getElementById("top");
const progress = document.getElementById("progress");
const small = matchMedia("(max-width: 700px)");

export function drawTop() {
  document.body.classList.toggle("narrow", small.matches || stage.classList.contains("phone"));
  keepFocus(top, () => fill(top, 
    h("b", {class: "logo"}, `${world.app || "Omoi"} playground`),
    h("div", {class: "people", role: "group", "aria-label": "Who you are"}, world.people.map((id) => h("button", {
      class: "toggle", "aria-pressed": String(id === world.me), "data-focus": id, onclick: () => become(id),
    }, `@${nameOf(id)}`))),
    counters(),
    h("button", {class: "toggle", "data-focus": "phone", "aria-pressed": String(stage.classList.contains("phone")), onclick: () => {
      stage.classList.toggle("phone");
      changed();
    }}, "Phone"),
    h("button", {class: "toggle", "data-focus": "break", "aria-pressed": String(!panel.hidden), "aria-controls": "breaking", onclick: () => {
      panel.hidden = !panel.hidden;
      changed();
    }}, "Break it"),
    world.connected ? null : h("span", {class: "bad"}, "not connected")));
}

function become(id) {
  if (world.channel) markRead(world.channel);
  const [from, to] = [world.channels.get(world.channel), id];
  world.me = id;
  // The direct messages with the app are another channel for each person.
  if (from?.kind === "im") {
    const mine = [...world.channels.values()].find((each) => each.kind === "im" && each.members.includes(to));
    Object.assign(world, {channel: mine?.id ?? "", thread: ""});
    if (world.tab === "home") ask("home", {tab: "home"});
  }
  changed();
}

function counters() {
  const counts = world.counts;
  if (!counts) return null;
  const number = (label, value, title) => h("span", {class: value ? "counter bad" : "counter", title}, `${label} `, h("b", {}, String(value)));
  return h("span", {class: "counters", role: "group", "aria-label": "Counters that must not move"},
    number("posted twice", counts.twice, `${counts.posts} messages of ${world.app} in the record`),
    number("lost", counts.lost.length, counts.lost.join("\n") || `${counts.events} events in the server's log`),
    h("span", {class: "counter quiet", title: counts.behind || "Messages that the server's log or a person demanded and that are not in Slack yet. It goes back to 0 by itself."},
      "on its way ", h("b", {}, String(counts.waiting))));
}

// --- Break it

let said = "";

export function drawBreaking() {
  if (panel.hidden) return;
  keepFocus(panel, () => fill(panel, 
    h("h2", {}, "Break it"),
    h("p", {}, "Whatever happens, both counters above stay 0."),
    world.breaks.map((each) => h("div", {class: "break"},
      h("button", {class: "button danger", "data-focus": `break-${each.name}`, onclick: () => breakIt(each.name)}, each.label),
      h("small", {}, each.about))),
    h("p", {role: "status", class: "said"}, said),
    states()));
}

async function breakIt(name) {
  const told = await ask("break", {name});
  said = told.ok ? told.said : "";
  if (!told.ok) notice(told.error);
  changed();
}

function states() {
  const state = world.state;
  if (!state) return null;
  const rows = Object.entries(state.programs).map(([name, held]) =>
    [name, held.starts > 1 ? `${held.state}, started ${held.starts} times` : held.state, held.state === "up"]);
  rows.push(["slack", state.down ? `down, ${state.down} s left` : state.limited ? `429, ${state.limited} s left` : "up", !state.down && !state.limited]);
  return h("dl", {class: "states"}, rows.flatMap(([name, text, good]) => [h("dt", {}, name), h("dd", {class: good ? "" : "bad", "data-program": name}, text)]));
}

// --- the start

export function drawProgress() {
  const steps = world.progress;
  const over = steps.length && steps.every((step) => step.state === "done");
  progress.hidden = Boolean(over);
  if (over) return;
  fill(progress, h("h2", {}, "Starting"), h("ul", {}, steps.map((step) => {
    const known = {waiting: "○", running: "◐", done: "✓"}[step.state];
    return h("li", {class: known ? step.state : "bad"}, `${known ?? "✗"} ${step.name}`, known ? null : h("small", {}, step.state));
  })));
}

small.addEventListener("change", changed);
