// Block elements: buttons, menus, choices and inputs. https://docs.slack.dev/reference/block-kit/block-elements
//
// `place` says where an element stands: {target: {channel, ts} or {view}, block, form}. `form` keeps what was entered.

import {h, icon, ICONS, notice} from "./element.js";
import {confirmed} from "./dialogs.js";
import {ask} from "./link.js";
import {choose, menu} from "./popup.js";
import {mrkdwn} from "./mrkdwn.js";
import {nameOf, world} from "./world.js";

// A text object as nodes.
export function words(text) {
  if (!text) return [];
  return text.type === "mrkdwn" ? mrkdwn(text.text, text.verbatim) : [text.text];
}

export function element(held, place) {
  const draw = KINDS[held.type];
  return draw ? draw(held, place) : h("span", {class: "unknown"}, `[${held.type}]`);
}

const focusName = (held, place) => `${place.block.block_id}/${held.action_id}/${held.value ?? ""}`;

// A touch, after the confirmation dialogue if there is one. While Slack waits for the app the element is busy.
async function touch(held, place, node, more = {}) {
  if (held.confirm && !(await confirmed(held.confirm))) return;
  node?.setAttribute("aria-busy", "true");
  const told = await ask("click", {...place.target, action: held.action_id, ...more});
  node?.removeAttribute("aria-busy");
  if (!told.ok) notice(told.error);
}

function button(held, place) {
  const node = h("button", {
    class: `button ${held.style ?? ""}`, "data-focus": focusName(held, place), "data-action": held.action_id,
    "aria-label": held.accessibility_label,
    onclick: () => {
      if (/^https?:/i.test(held.url ?? "")) window.open(held.url, "_blank", "noopener,noreferrer");
      if (held.action_id) touch(held, place, node, held.value === undefined ? {} : {value: held.value});
    },
  }, held.text.text);
  return node;
}

function overflow(held, place) {
  const node = h("button", {
    class: "button more", "aria-haspopup": "menu", "aria-expanded": "false", "aria-label": "More actions",
    "data-focus": focusName(held, place), "data-action": held.action_id,
    onclick: () => menu(node, held.options.map((option) => [
      [words(option.text), option.description ? h("small", {}, words(option.description)) : null],
      () => {
        if (/^https?:/i.test(option.url ?? "")) window.open(option.url, "_blank", "noopener,noreferrer");
        touch(held, place, node, {option: option.value});
      },
    ]), "More actions"),
  }, icon(ICONS.more));
  return node;
}

// --- selects

function optionsOf(held) {
  const people = () => world.people.concat(world.bot).map((id) => ({value: id, label: `@${nameOf(id)}`}));
  const channels = () => [...world.channels.values()].filter((each) => each.name).map((each) => ({value: each.id, label: `#${each.name}`}));
  if (held.type.includes("users")) return people();
  if (held.type.includes("channels") || held.type.includes("conversations")) return channels();
  const groups = held.option_groups ?? [{options: held.options ?? []}];
  return groups.flatMap((group) => group.options.map((option) => ({
    value: option.value, label: option.text.text, about: option.description?.text, group: group.label?.text,
  })));
}

function chosenAtFirst(held) {
  const many = held.initial_options?.map((each) => each.value);
  const ids = ["user", "channel", "conversation"].flatMap((kind) => held[`initial_${kind}s`] ?? held[`initial_${kind}`] ?? []);
  return many ?? (held.initial_option ? [held.initial_option.value] : ids);
}

function select(held, place) {
  const several = held.type.startsWith("multi_");
  const options = optionsOf(held);
  const label = place.label ?? held.placeholder?.text ?? "Choose";
  const entered = place.form?.entered(place.block, held);
  let chosen = entered === undefined ? chosenAtFirst(held) : [entered ?? []].flat();
  const node = h("button", {
    type: "button", class: "select", "aria-haspopup": "listbox", "aria-expanded": "false",
    "data-focus": focusName(held, place), "data-action": held.action_id,
    onclick: () => choose(node, {options, chosen, several, label, picked: (values) => {
      chosen = values;
      draw();
      const value = several ? chosen : chosen[0];
      place.form?.enter(place.block, held, value);
      if (!place.input || place.dispatch) touch(held, place, node, {option: value});
    }}),
  });

  function draw() {
    const shown = options.filter((each) => chosen.includes(each.value));
    const text = shown.length
      ? shown.map((each) => h("span", {class: several ? "chip" : ""}, each.label))
      : h("span", {class: "placeholder"}, held.placeholder?.text ?? "Choose an option");
    node.replaceChildren(h("span", {class: "chosen"}, text), icon(ICONS.down));
    node.setAttribute("aria-label", `${label}: ${shown.map((each) => each.label).join(", ") || "nothing chosen"}`);
  }

  draw();
  return node;
}

// --- checkboxes and radio buttons

let groups = 0;

function choices(held, place) {
  groups += 1;
  const several = held.type === "checkboxes";
  const entered = place.form?.entered(place.block, held);
  const first = several ? (held.initial_options ?? []).map((each) => each.value) : [held.initial_option?.value];
  const chosen = new Set(entered === undefined ? first : [entered ?? []].flat());
  const change = (value, on) => {
    if (!several) chosen.clear();
    if (on) chosen.add(value);
    else chosen.delete(value);
    const now = several ? [...chosen] : [...chosen][0];
    place.form?.enter(place.block, held, now);
    if (!place.input || place.dispatch) touch(held, place, null, {option: now});
  };
  return h("div", {class: "choices", role: several ? "group" : "radiogroup", "aria-label": place.label ?? "Choices"},
    held.options.map((option) => h("label", {},
      h("input", {
        type: several ? "checkbox" : "radio", name: `choice-${groups}`, checked: chosen.has(option.value),
        "data-focus": `${focusName(held, place)}${option.value}`, value: option.value,
        onchange: (event) => change(option.value, event.target.checked),
      }),
      h("span", {}, words(option.text), option.description ? h("small", {}, words(option.description)) : null))));
}

// --- inputs

const INPUT_TYPES = {
  number_input: "number", email_text_input: "email", url_text_input: "url", datepicker: "date", timepicker: "time",
  datetimepicker: "datetime-local",
};

function input(held, place) {
  const entered = place.form?.entered(place.block, held);
  const first = held.initial_value ?? held.initial_date ?? held.initial_time ?? "";
  const held_now = entered ?? first;
  const take = (event) => {
    const typed = event.target.value;
    const value = held.type === "datetimepicker" ? Math.floor(Date.parse(typed) / 1000) : typed;
    place.form?.enter(place.block, held, typed === "" ? null : value);
    if (!place.input) touch(held, place, node, {option: typed});
  };
  const attributes = {
    "aria-label": place.label, placeholder: held.placeholder?.text, "data-focus": focusName(held, place), maxlength: held.max_length,
    [place.input ? "oninput" : "onchange"]: take,
  };
  const node = held.multiline
    ? h("textarea", {rows: 5, ...attributes})
    : h("input", {type: INPUT_TYPES[held.type] ?? "text", step: held.is_decimal_allowed ? "any" : null, ...attributes});
  node.value = held_now;
  return node;
}

export function image(held) {
  // Nothing is fetched from the net: what cannot be shown says what it is.
  const text = held.title?.text ?? held.alt_text;
  return h("span", {class: "image", role: "img", "aria-label": held.alt_text, title: held.image_url}, `▣ ${text}`);
}

const SELECTS = ["static", "external", "users", "channels", "conversations"].flatMap((kind) => [`${kind}_select`, `multi_${kind}_select`]);

const KINDS = {
  button, overflow, image, checkboxes: choices, radio_buttons: choices, plain_text_input: input, workflow_button: button,
  ...Object.fromEntries(Object.keys(INPUT_TYPES).map((kind) => [kind, input])),
  ...Object.fromEntries(SELECTS.map((kind) => [kind, select])),
};
