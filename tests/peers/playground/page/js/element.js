// Building and keeping DOM nodes. Text only ever becomes text nodes, so nothing that people or models write is markup.

const SVG = "http://www.w3.org/2000/svg";

// A node: h("button", {class: "x", onclick: f}, "text", node, …). Attributes that are null, undefined or false are left out.
export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else node.setAttribute(name, value);
  }
  node.append(...real(children));
  return node;
}

const real = (children) => children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);

// Gives `node` new children; null and false stand for none.
export function fill(node, ...children) {
  node.replaceChildren(...real(children));
}

// A small icon drawn with one path in a 16 × 16 box; without a label it is decoration.
export function icon(path, label = "") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", "icon");
  if (label) {
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", label);
  } else {
    svg.setAttribute("aria-hidden", "true");
  }
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

export const ICONS = {
  close: "M4 4l8 8M12 4l-8 8",
  more: "M3 8h.01M8 8h.01M13 8h.01",
  back: "M10 3L5 8l5 5",
  send: "M2 8l12-6-4 13-3-5z",
  clip: "M11 5l-5 5a1.5 1.5 0 002 2l5-5a3 3 0 00-4-4L4 8a4.5 4.5 0 006 6",
  reply: "M3 3h10v7H7l-4 3z",
  down: "M4 6l4 4 4-4",
};

// Draws with `draw`; what had the focus in `root` before has it afterwards, if it is still there (by data-focus).
export function keepFocus(root, draw) {
  const name = root.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
  draw();
  if (name) [...root.querySelectorAll("[data-focus]")].find((each) => each.dataset.focus === name)?.focus();
}

const signatures = new WeakMap();

// Puts `wanted` ([key, signature, make]) into `parent` in order. Nodes whose signature did not change stay as they are;
// a node that is replaced while something in it has the focus gives the focus to the same thing in the new one.
export function keep(parent, wanted) {
  const there = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  let place = parent.firstElementChild;
  for (const [key, signature, make] of wanted) {
    let node = there.get(key);
    there.delete(key);
    if (!node || signatures.get(node) !== signature) {
      const fresh = make();
      fresh.dataset.key = key;
      signatures.set(fresh, signature);
      if (node) {
        const focused = node.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
        if (place === node) place = fresh;
        node.replaceWith(fresh);
        if (focused) [...fresh.querySelectorAll("[data-focus]")].find((each) => each.dataset.focus === focused)?.focus();
      }
      node = fresh;
    }
    if (place === node) place = node.nextElementSibling;
    else parent.insertBefore(node, place);
  }
  for (const node of there.values()) node.remove();
}

let notices;

// A sentence at the bottom that goes away by itself.
export function notice(text, kind = "bad") {
  notices ??= document.getElementById("notices");
  if ([...notices.children].some((each) => each.textContent === text)) return;
  const node = h("div", {class: `notice ${kind}`}, text,
    h("button", {class: "plain", "aria-label": "Dismiss", onclick: () => node.remove()}, icon(ICONS.close)));
  notices.append(node);
  setTimeout(() => node.remove(), 12000);
}
