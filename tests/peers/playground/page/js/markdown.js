// The `markdown` block: the part of Markdown that Slack renders. https://docs.slack.dev/reference/block-kit/blocks/markdown-block

import {h} from "./element.js";
import {link} from "./mrkdwn.js";

const INLINE = /`([^`\n]+)`|\*\*(?=\S)(.+?)\*\*|(?<!\w)[*_](?=\S)([^*_\n]+?)[*_](?!\w)|~~(.+?)~~|\[([^\]\n]*)\]\(([^()\s]+)\)/;

export function markdown(text) {
  const nodes = [];
  const rows = text.split("\n");
  while (rows.length) nodes.push(block(rows));
  return h("div", {class: "markdown"}, nodes);
}

function block(rows) {
  const row = rows.shift();
  const fence = /^```/.test(row);
  const heading = /^(#{1,6}) +(.*)$/.exec(row);
  if (fence) return h("pre", {}, h("code", {}, until(rows, /^```/).join("\n")));
  if (heading) return h(`h${Math.min(6, heading[1].length + 2)}`, {}, inline(heading[2]));
  if (/^(-{3,}|\*{3,})\s*$/.test(row)) return h("hr");
  if (/^\s*([-*+]|\d+\.) /.test(row)) return list([row, ...while_(rows, /^\s*([-*+]|\d+\.) |^\s{2,}\S/)]);
  if (/^> ?/.test(row)) return h("blockquote", {}, [row, ...while_(rows, /^> ?/)].map((each) => h("p", {}, inline(each.replace(/^> ?/, "")))));
  if (row.includes("|") && /^[\s|:-]+$/.test(rows[0] ?? "") && rows[0].includes("-")) return table(row, rows);
  if (!row.trim()) return "";
  return h("p", {}, inline([row, ...while_(rows, /^(?!```|#{1,6} |> ?|\s*([-*+]|\d+\.) )\s*\S/)].join("\n")));
}

function until(rows, end) {
  const found = [];
  while (rows.length && !end.test(rows[0])) found.push(rows.shift());
  rows.shift();
  return found;
}

function while_(rows, same) {
  const found = [];
  while (rows.length && same.test(rows[0])) found.push(rows.shift());
  return found;
}

function list(rows) {
  const ordered = /^\s*\d+\. /.test(rows[0]);
  return h(ordered ? "ol" : "ul", {}, rows.map((row) => {
    const depth = Math.floor(/^\s*/.exec(row)[0].length / 2);
    const task = /^\s*(?:[-*+]|\d+\.) (?:\[([ xX])\] )?(.*)$/.exec(row);
    const box = task?.[1] === undefined ? "" : task[1] === " " ? "☐ " : "☑ ";
    return h("li", {class: `depth-${Math.min(depth, 4)}`}, box, inline(task ? task[2] : row.trim()));
  }));
}

function table(head, rows) {
  rows.shift();
  const cells = (row) => row.replace(/^\s*\||\|\s*$/g, "").split("|").map((cell) => cell.trim());
  const body = while_(rows, /\|/);
  return h("table", {},
    h("thead", {}, h("tr", {}, cells(head).map((cell) => h("th", {}, inline(cell))))),
    h("tbody", {}, body.map((row) => h("tr", {}, cells(row).map((cell) => h("td", {}, inline(cell)))))));
}

function inline(text) {
  const found = INLINE.exec(text);
  if (!found) return [text];
  const [whole, code, bold, italic, struck, label, url] = found;
  let node;
  if (code !== undefined) node = h("code", {}, code);
  else if (bold !== undefined) node = h("b", {}, inline(bold));
  else if (italic !== undefined) node = h("i", {}, inline(italic));
  else if (struck !== undefined) node = h("s", {}, inline(struck));
  else node = link(url, label || url);
  return [text.slice(0, found.index), node, ...inline(text.slice(found.index + whole.length))];
}
