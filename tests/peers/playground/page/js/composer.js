// The box in which a person types. Enter sends, Shift+Enter begins a line; @ offers names.

import {h, icon, ICONS, notice} from "./element.js";
import {wish} from "./link.js";
import {menu} from "./popup.js";
import {nameOf, world} from "./world.js";

const MOST_BYTES = 10 * 1024 * 1024;

export function composer(channel, thread, label) {
  let files = [];
  const box = h("textarea", {rows: 2, placeholder: label, "aria-label": label, onkeydown: (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  }});
  const held = h("div", {class: "held"});
  const chooser = h("input", {type: "file", multiple: true, hidden: true, "aria-hidden": "true", tabindex: "-1", onchange: () => {
    files.push(...chooser.files);
    chooser.value = "";
    showFiles();
  }});
  const names = h("button", {type: "button", class: "plain", "aria-haspopup": "menu", "aria-label": "Mention someone", onclick: () =>
    menu(names, [world.bot, ...world.people].map((id) => [`@${nameOf(id)}`, () => insert(`@${nameOf(id)} `)]), "Mention someone")}, "@");
  const everybody = thread ? h("label", {class: "also"}, h("input", {type: "checkbox"}), " Also send to channel") : null;

  function insert(text) {
    box.setRangeText(text, box.selectionStart, box.selectionEnd, "end");
    box.focus();
  }

  function showFiles() {
    held.replaceChildren(...files.map((file) => h("span", {class: "chip"}, file.name,
      h("button", {class: "plain", "aria-label": `Remove ${file.name}`, onclick: () => {
        files = files.filter((each) => each !== file);
        showFiles();
      }}, icon(ICONS.close)))));
  }

  // The box is emptied at once, and gets its words back when they could not be sent.
  async function send() {
    const text = box.value;
    if (!text.trim() && !files.length) return;
    const big = files.find((file) => file.size > MOST_BYTES);
    if (big) {
      notice(`${big.name} is larger than 10 MB; choose a smaller file.`);
      return;
    }
    const sent = await Promise.all(files.map(read));
    const kept = files;
    box.value = "";
    files = [];
    showFiles();
    const tick = everybody?.querySelector("input");
    const done = await wish("say", {channel, text, thread, files: sent, broadcast: Boolean(tick?.checked)});
    if (tick) tick.checked = false;
    if (!done && !box.value) {
      box.value = text;
      files = kept;
      showFiles();
    }
  }

  return h("form", {class: "composer", onsubmit: (event) => {
    event.preventDefault();
    send();
  }}, box, held,
    h("div", {class: "row"}, names,
      h("button", {type: "button", class: "plain", "aria-label": "Attach a file", onclick: () => chooser.click()}, icon(ICONS.clip)),
      chooser, everybody,
      h("button", {class: "send", "aria-label": "Send"}, icon(ICONS.send))));
}

function read(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve({name: file.name, type: file.type, content: reader.result.split(",")[1] ?? ""}));
    reader.addEventListener("error", () => reject(reader.error));
    reader.readAsDataURL(file);
  });
}
