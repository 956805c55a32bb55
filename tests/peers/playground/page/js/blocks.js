// Layout blocks. https://docs.slack.dev/reference/block-kit/blocks

import {h} from "./element.js";
import {element, image, words} from "./elements.js";
import {markdown} from "./markdown.js";
import {richText} from "./rich_text.js";
import {find} from "./world.js";

// The blocks of a message, form or Home. `target` is {channel, ts} or {view}; `form` keeps what is entered in a form.
export function blocks(held, target, form = null) {
  return held.map((block) => {
    const draw = KINDS[block.type];
    const node = draw ? draw(block, {target, block, form}) : h("div", {class: "unknown"}, `[${block.type} block]`);
    node.classList.add("block");
    node.dataset.block = block.block_id ?? "";
    return node;
  });
}

function section(block, place) {
  return h("div", {class: "section"},
    h("div", {class: "words"},
      block.text ? h("div", {class: "text"}, words(block.text)) : null,
      block.fields ? h("div", {class: "fields"}, block.fields.map((field) => h("div", {class: "text"}, words(field)))) : null),
    block.accessory ? h("div", {class: "accessory"}, element(block.accessory, place)) : null);
}

const header = (block) => h("h3", {class: "header"}, block.text.text);
const divider = () => h("hr", {class: "divider"});
const actions = (block, place) => h("div", {class: "actions", role: "group", "aria-label": "Actions"}, block.elements.map((each) => element(each, place)));
const contextBlock = (block, place) => h("div", {class: "context"},
  block.elements.map((each) => (each.type === "image" ? element(each, place) : h("span", {class: "text"}, words(each)))));
const imageBlock = (block) => h("figure", {class: "figure"}, image(block));

let fields = 0;

function input(block, place) {
  fields += 1;
  const id = `field-${fields}`;
  const label = block.label.text;
  const node = element(block.element, {...place, input: true, label, dispatch: block.dispatch_action});
  const error = place.form?.errors[block.block_id];
  if (error) {
    node.setAttribute("aria-invalid", "true");
    node.setAttribute("aria-describedby", `${id}-error`);
  }
  return h("div", {class: error ? "input wrong" : "input"},
    h("div", {class: "label"}, label, block.optional ? h("small", {}, " (optional)") : null),
    node,
    error ? h("div", {class: "error", id: `${id}-error`}, error) : null,
    block.hint ? h("div", {class: "hint"}, block.hint.text) : null);
}

// --- plans and tasks. https://docs.slack.dev/reference/block-kit/blocks/plan-block

const SIGNS = {pending: ["○", "waiting"], in_progress: ["◐", "in progress"], complete: ["✓", "done"], error: ["✗", "failed"]};

function taskCard(block) {
  const [sign, spoken] = SIGNS[block.status] ?? SIGNS.pending;
  return h("div", {class: `task ${block.status ?? "pending"}`, role: "listitem"},
    h("span", {class: "sign", role: "img", "aria-label": spoken}, sign),
    h("div", {},
      h("div", {}, block.title),
      block.details ? richText(block.details) : null,
      block.output ? richText(block.output) : null,
      (block.sources ?? []).map((source) => h("div", {class: "source"}, source.text))));
}

const opened = new Map();

function plan(block, place) {
  const key = JSON.stringify(place.target);
  const known = opened.get(key) ?? true;
  return h("details", {class: "plan", open: known, ontoggle: (event) => opened.set(key, event.target.open)},
    h("summary", {}, block.title),
    h("div", {role: "list"}, (block.tasks ?? []).map(taskCard)));
}

// --- blocks that Omoi does not send now, drawn simply

function table(block) {
  const cell = (held) => (held.type === "rich_text" ? richText(held) : String(held.text ?? held.value ?? ""));
  return h("div", {class: "table"}, h("table", {}, block.rows.map((row) => h("tr", {}, row.map((held) => h("td", {}, cell(held)))))));
}

function file(block, place) {
  const known = place.target.ts ? find(place.target.channel, place.target.ts) : null;
  return h("div", {class: "file"}, known?.files?.[0]?.name ?? `File ${block.external_id}`);
}

const KINDS = {
  section, header, divider, actions, input, plan, table, file, context: contextBlock, image: imageBlock,
  task_card: taskCard, markdown: (block) => markdown(block.text), rich_text: richText,
};
