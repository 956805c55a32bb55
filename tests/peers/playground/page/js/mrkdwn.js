// Slack's mrkdwn as nodes. https://docs.slack.dev/messaging/formatting-message-text

import {h} from "./element.js";
import {go, nameOf, world} from "./world.js";

const ENTITIES = {"&amp;": "&", "&lt;": "<", "&gt;": ">"};
const unescape = (text) => text.replace(/&(?:amp|lt|gt);/g, (found) => ENTITIES[found]);

// A formatting character counts only at the edge of words, as in Slack.
const INLINE = new RegExp([
  "<([^<>\\n]+)>",
  "`([^`\\n]+)`",
  "(?<![\\p{L}\\p{N}])\\*(?=\\S)([^*\\n]*[^*\\s])\\*(?![\\p{L}\\p{N}])",
  "(?<![\\p{L}\\p{N}])_(?=\\S)([^_\\n]*[^_\\s])_(?![\\p{L}\\p{N}])",
  "(?<![\\p{L}\\p{N}])~(?=\\S)([^~\\n]*[^~\\s])~(?![\\p{L}\\p{N}])",
  "(https?://[^\\s<>|)\"]+)",
].join("|"), "u");

// `verbatim`: addresses that are not written as links stay text.
export function mrkdwn(text, verbatim = false) {
  const nodes = [];
  text.split("```").forEach((part, number, all) => {
    const isCode = number % 2 === 1 && number < all.length - 1;
    if (isCode) nodes.push(h("pre", {}, h("code", {}, tokens(part.replace(/^\n/, "").replace(/\n$/, "")))));
    else if (number % 2 === 1) nodes.push(...lines(`\`\`\`${part}`, verbatim));
    else nodes.push(...lines(part, verbatim));
  });
  return nodes;
}

// Inside code only Slack's own tokens are read.
function tokens(text) {
  return text.split(/(<[^<>\n]+>)/).map((part) => (/^<.+>$/.test(part) ? token(part.slice(1, -1)) : unescape(part)));
}

function lines(text, verbatim) {
  const nodes = [];
  let quoted = [];
  const close = () => {
    if (quoted.length) nodes.push(h("blockquote", {}, joined(quoted, verbatim)));
    quoted = [];
  };
  const plain = [];
  const flush = () => {
    if (plain.length) nodes.push(...joined(plain.splice(0), verbatim));
  };
  for (const line of text.split("\n")) {
    const quote = /^(?:&gt;|>) ?(.*)$/.exec(line);
    if (quote) {
      flush();
      quoted.push(quote[1]);
    } else {
      close();
      plain.push(line);
    }
  }
  close();
  flush();
  return nodes;
}

function joined(all, verbatim) {
  return all.flatMap((line, number) => [...(number ? [h("br")] : []), ...inline(line, verbatim)]);
}

function inline(text, verbatim) {
  const nodes = [];
  let rest = text;
  while (rest) {
    const found = INLINE.exec(rest);
    if (!found) break;
    if (found.index) nodes.push(unescape(rest.slice(0, found.index)));
    nodes.push(formatted(found, verbatim));
    rest = rest.slice(found.index + found[0].length);
  }
  if (rest) nodes.push(unescape(rest));
  return nodes;
}

function formatted([whole, inner, code, bold, italic, struck, url], verbatim) {
  if (inner !== undefined) return token(inner);
  if (code !== undefined) return h("code", {}, tokens(code));
  if (bold !== undefined) return h("b", {}, inline(bold, verbatim));
  if (italic !== undefined) return h("i", {}, inline(italic, verbatim));
  if (struck !== undefined) return h("s", {}, inline(struck, verbatim));
  return verbatim ? unescape(whole) : link(unescape(url), unescape(url));
}

function token(inner) {
  const bar = inner.indexOf("|");
  const target = bar < 0 ? inner : inner.slice(0, bar);
  const label = bar < 0 ? "" : unescape(inner.slice(bar + 1));
  if (target.startsWith("@")) return mention(`@${nameOf(target.slice(1))}`, target.slice(1) === world.me);
  if (target.startsWith("#")) return channelLink(target.slice(1), label);
  if (target.startsWith("!subteam^")) return mention(label || `@${target.slice(9)}`, true);
  if (target.startsWith("!date^")) return date(target, label);
  if (target.startsWith("!")) return mention(`@${target.slice(1).split("^")[0]}`, true);
  return link(unescape(target), label || unescape(target).replace(/^mailto:/, ""));
}

export function mention(text, me) {
  return h("span", {class: me ? "mention me" : "mention"}, text);
}

export function channelLink(id, label = "") {
  const known = world.channels.get(id);
  if (!known) return h("span", {class: "mention"}, `#${label || "private-channel"}`);
  return h("button", {class: "mention link", onclick: () => go({channel: id})}, `#${known.name}`);
}

// A link of the web opens apart; one to a message of this Slack opens here. Other schemes are shown, not followed.
export function link(url, label) {
  const here = /^https?:\/\/[^/]+\/archives\/([A-Z0-9]+)\/p(\d{6,})(?:\?(.*))?$/.exec(url);
  if (here) {
    const ts = `${here[2].slice(0, -6)}.${here[2].slice(-6)}`;
    const thread = new URLSearchParams(here[3] ?? "").get("thread_ts") ?? "";
    return h("button", {class: "link", onclick: () => go({channel: here[1], thread: thread || ts})}, label);
  }
  if (!/^(https?:\/\/|mailto:)/i.test(url)) return h("span", {title: url}, label);
  return h("a", {href: url, target: "_blank", rel: "noopener noreferrer", title: url}, label);
}

// --- dates: <!date^seconds^{tokens}^link|fallback>, in the zone of whoever looks

const SHAPES = {
  time: {hour: "2-digit", minute: "2-digit"},
  time_secs: {hour: "2-digit", minute: "2-digit", second: "2-digit"},
  date_num: {year: "numeric", month: "2-digit", day: "2-digit"},
  date: {year: "numeric", month: "long", day: "numeric"},
  date_short: {year: "numeric", month: "short", day: "numeric"},
  date_long: {weekday: "long", year: "numeric", month: "long", day: "numeric"},
};

export function spoken(when, shape) {
  const pretty = shape.endsWith("_pretty");
  const name = shape.replace("_pretty", "");
  if (!SHAPES[name]) return `{${shape}}`;
  const day = (moment) => moment.toDateString();
  if (pretty && day(when) === day(new Date())) return "today";
  if (pretty && day(when) === day(new Date(Date.now() - 86400000))) return "yesterday";
  const locale = name.startsWith("time") ? "en-GB" : "en-US";
  return when.toLocaleString(locale, SHAPES[name]);
}

function date(target, fallback) {
  const [, seconds, shape = "{time}", url] = target.split("^");
  const when = new Date(Number(seconds) * 1000);
  if (Number.isNaN(when.valueOf())) return fallback;
  const text = unescape(shape).replace(/\{(\w+)\}/g, (_, name) => spoken(when, name));
  const time = h("time", {datetime: when.toISOString(), title: when.toString()}, text);
  return url ? h("a", {href: unescape(url), target: "_blank", rel: "noopener noreferrer"}, time) : time;
}
