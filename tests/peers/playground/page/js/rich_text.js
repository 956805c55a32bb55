// Rich text blocks. https://docs.slack.dev/reference/block-kit/blocks/rich-text-block

import {h} from "./element.js";
import {channelLink, link, mention, spoken} from "./mrkdwn.js";
import {nameOf, world} from "./world.js";

export function richText(block) {
  return h("div", {class: "rich-text"}, (block.elements ?? []).map(part));
}

function part(held) {
  const inside = () => (held.elements ?? []).map(inline);
  if (held.type === "rich_text_list") {
    const items = (held.elements ?? []).map((each) => h("li", {}, (each.elements ?? []).map(inline)));
    return h(held.style === "ordered" ? "ol" : "ul", {class: `depth-${Math.min(held.indent ?? 0, 4)}`}, items);
  }
  if (held.type === "rich_text_preformatted") return h("pre", {}, h("code", {}, inside()));
  if (held.type === "rich_text_quote") return h("blockquote", {}, inside());
  return h("div", {}, inside());
}

function inline(held) {
  const kinds = {
    text: () => held.text,
    link: () => link(held.url, held.text || held.url),
    user: () => mention(`@${nameOf(held.user_id)}`, held.user_id === world.me),
    usergroup: () => mention(`@${held.usergroup_id}`, false),
    channel: () => channelLink(held.channel_id),
    broadcast: () => mention(`@${held.range}`, true),
    emoji: () => `:${held.name}:`,
    date: () => (held.format ?? "{time}").replace(/\{(\w+)\}/g, (_, name) => spoken(new Date(held.timestamp * 1000), name)),
    color: () => held.value,
    team: () => held.team_id,
  };
  return styled(kinds[held.type]?.() ?? `[${held.type}]`, held.style ?? {});
}

function styled(node, style) {
  let found = node;
  for (const [name, tag] of [["code", "code"], ["strike", "s"], ["italic", "i"], ["bold", "b"]]) {
    if (style[name]) found = h(tag, {}, found);
  }
  // Lines within a text stand as they are written.
  return typeof found === "string" ? h("span", {class: "as-written"}, found) : found;
}
