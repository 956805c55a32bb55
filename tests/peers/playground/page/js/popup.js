// What opens over the page beside a button: menus and lists to choose from, for mouse and keyboard.

import {h} from "./element.js";

let number = 0;

// Shows `content` beside `anchor` until it loses the interest of the person. Returns how to close it.
export function popup(anchor, content, classes = "") {
  const node = h("div", {class: `popup ${classes}`, popover: "auto"}, content);
  // Over a form it must be a part of the form, or the browser holds it back.
  (anchor.closest("dialog") ?? document.body).append(node);
  node.addEventListener("toggle", (event) => {
    if (event.newState !== "closed") return;
    node.remove();
    anchor.setAttribute("aria-expanded", "false");
    if (anchor.isConnected && (document.activeElement === document.body || document.activeElement === null)) anchor.focus();
  });
  node.showPopover();
  anchor.setAttribute("aria-expanded", "true");
  beside(node, anchor.getBoundingClientRect());
  return () => node.isConnected && node.hidePopover();
}

function beside(node, box) {
  const {width, height} = node.getBoundingClientRect();
  const below = box.bottom + 4 + height <= innerHeight || box.top < height;
  node.style.left = `${Math.max(8, Math.min(box.left, innerWidth - width - 8))}px`;
  node.style.top = `${Math.max(8, below ? Math.min(box.bottom + 4, innerHeight - height - 8) : box.top - height - 4)}px`;
}

// A menu: `entries` are [label, action, kind]; the arrow keys move, Enter chooses.
export function menu(anchor, entries, label) {
  const items = entries.map(([text, act, kind]) =>
    h("button", {role: "menuitem", class: `item ${kind ?? ""}`, onclick: () => {
      close();
      act();
    }}, text));
  const close = popup(anchor, h("div", {role: "menu", "aria-label": label, onkeydown: (event) => arrows(event, items)}, items), "menu");
  items[0]?.focus();
}

function arrows(event, items) {
  const steps = {ArrowDown: 1, ArrowUp: -1};
  if (!(event.key in steps)) return;
  event.preventDefault();
  const now = items.indexOf(document.activeElement);
  items[(now + steps[event.key] + items.length) % items.length].focus();
}

// A list with a search box. `options` are {value, label, about, group}; `picked` gets the values, with `several` on each change.
export function choose(anchor, {options, chosen, several, label, picked}) {
  number += 1;
  const listId = `list-${number}`;
  const values = new Set(chosen);
  let shown = options;
  let active = Math.max(0, options.findIndex((each) => values.has(each.value)));
  const list = h("ul", {role: "listbox", id: listId, "aria-label": label, "aria-multiselectable": several ? "true" : null});
  const box = h("input", {
    type: "text", role: "combobox", class: "search", placeholder: "Search", "aria-label": `Search ${label}`,
    "aria-controls": listId, "aria-expanded": "true", autocomplete: "off",
    oninput: () => {
      const words = box.value.trim().toLowerCase();
      shown = options.filter((each) => `${each.label} ${each.about ?? ""}`.toLowerCase().includes(words));
      active = 0;
      draw();
    },
    onkeydown: (event) => {
      if (event.key === "ArrowDown") active = Math.min(shown.length - 1, active + 1);
      else if (event.key === "ArrowUp") active = Math.max(0, active - 1);
      else if (event.key === "Enter" && shown[active]) pick(shown[active].value);
      else return;
      event.preventDefault();
      draw();
    },
  });

  function pick(value) {
    if (!several) {
      close();
      picked([value]);
      return;
    }
    if (!values.delete(value)) values.add(value);
    picked([...values]);
    draw();
  }

  function draw() {
    let group;
    list.replaceChildren(...shown.flatMap((each, place) => {
      const head = each.group && each.group !== group ? [h("li", {class: "group", role: "presentation"}, each.group)] : [];
      group = each.group;
      return [...head, h("li", {
        role: "option", id: `${listId}-${place}`, "aria-selected": String(values.has(each.value)),
        class: place === active ? "active" : "", onclick: () => pick(each.value),
      }, h("span", {}, each.label), each.about ? h("small", {}, each.about) : null)];
    }));
    if (!shown.length) list.append(h("li", {class: "none", role: "presentation"}, "No results"));
    box.setAttribute("aria-activedescendant", shown.length ? `${listId}-${active}` : "");
    list.querySelector(".active")?.scrollIntoView({block: "nearest"});
  }

  const close = popup(anchor, [box, list], "chooser");
  draw();
  box.focus();
}
