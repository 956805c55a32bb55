// What the page knows: everything in Slack, who looks at it, and where. Views subscribe and draw themselves anew.

export const world = {
  ready: false,
  team: "", app: "", bot: "", people: [], users: new Map(), channels: new Map(), messages: new Map(),
  forms: new Map(), homes: new Map(), shortcuts: [], breaks: [],
  counts: null, state: null, progress: [], connected: false,
  touched: false, me: "", channel: "", thread: "", tab: "messages", read: new Map(),
};

const listeners = new Set();
let drawing = false;

export function subscribe(draw) {
  listeners.add(draw);
}

// Draws once for any number of changes of one moment.
export function changed() {
  if (drawing) return;
  drawing = true;
  queueMicrotask(() => {
    drawing = false;
    for (const draw of listeners) draw();
  });
}

export function take({kind, what}) {
  if (kind === "world") begin(what);
  else if (kind === "message") takeMessage(what);
  else if (kind === "channel") world.channels.set(what.id, what);
  else if (kind === "forms") world.forms.set(what.user, what);
  else if (kind === "home") world.homes.set(what.user, what.home);
  else if (kind === "open") open(what);
  else world[kind] = what;
  changed();
}

function begin(what) {
  const first = !world.ready;
  Object.assign(world, {
    ready: true, team: what.team, app: what.app, bot: what.bot, people: what.people, shortcuts: what.shortcuts,
    breaks: what.breaks, users: byId(what.users), channels: byId(what.channels), messages: new Map(),
  });
  for (const message of what.messages) takeMessage(message);
  if (first || !world.channels.has(world.channel)) {
    world.me = what.approver;
    world.channel = what.start;
    world.thread = "";
  }
}

// The opening scene ends with a thread in which something waits; whoever looks around already is left alone.
function open(where) {
  if (!world.touched) Object.assign(world, where);
}

const byId = (list) => new Map(list.map((each) => [each.id, each]));

function takeMessage(message) {
  const held = world.messages.get(message.channel) ?? new Map();
  world.messages.set(message.channel, held);
  if (message.deleted) held.delete(message.ts);
  else held.set(message.ts, message);
}

// --- questions

export const user = (id) => world.users.get(id);
// Apps go by their name, people by their handle.
export const nameOf = (id) => (user(id)?.bot ? user(id).real_name : user(id)?.name) ?? id;
export const isMine = (message) => message.user === world.me;

const mayRead = (message) => !message.only || message.only === world.me;

function inOrder(channel) {
  const held = [...(world.messages.get(channel)?.values() ?? [])].filter(mayRead);
  return held.sort((one, other) => (one.ts < other.ts ? -1 : 1));
}

// The messages of a channel's main list: roots, broadcast replies, and private ones outside threads.
export function topOf(channel) {
  return inOrder(channel).filter((message) => !message.thread_ts || message.broadcast);
}

export function threadOf(channel, root) {
  return inOrder(channel).filter((message) => message.ts === root || message.thread_ts === root);
}

export function repliesOf(message) {
  return threadOf(message.channel, message.ts).filter((each) => each.ts !== message.ts && !each.only);
}

export const find = (channel, ts) => world.messages.get(channel)?.get(ts);

// Channels that the person sees, those they are in first by name; direct messages with the app are shown apart.
export function channelsOfMine() {
  return [...world.channels.values()].filter((channel) => channel.kind !== "im" && channel.members.includes(world.me) && !channel.archived);
}

export function direct() {
  return [...world.channels.values()].find(
    (channel) => channel.kind === "im" && channel.members.includes(world.me) && channel.members.includes(world.bot));
}

// --- unread

const readKey = (channel) => `${world.me} ${channel}`;

export function markRead(channel) {
  const last = inOrder(channel).at(-1);
  if (last) world.read.set(readKey(channel), last.ts);
}

// How many messages came since the person looked, and how many of them named the person (in direct messages: all).
export function unread(channel) {
  const since = world.read.get(readKey(channel.id)) ?? "";
  const fresh = inOrder(channel.id).filter((message) => message.ts > since && message.user !== world.me);
  const named = channel.kind === "im" ? fresh : fresh.filter((message) => message.notified?.includes(world.me));
  return {fresh: fresh.length, named: named.length};
}

export function go(where) {
  Object.assign(world, {thread: "", tab: "messages", touched: true}, where);
  changed();
}
