// The WebSocket: changes come in, wishes go out and are answered. It connects again by itself.

import {notice} from "./element.js";
import {changed, take, world} from "./world.js";

let socket = null;
let last = 0;
const waiting = new Map();

export function connect() {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  socket = new WebSocket(`${scheme}://${location.host}/live`);
  socket.addEventListener("open", () => {
    world.connected = true;
    changed();
  });
  socket.addEventListener("message", (event) => {
    const said = JSON.parse(event.data);
    if (said.kind === "answer") answer(said.what);
    else take(said);
  });
  socket.addEventListener("close", () => {
    world.connected = false;
    changed();
    for (const id of [...waiting.keys()]) answer({id, ok: false, error: "The playground went away; it may have been stopped."});
    setTimeout(connect, 1000);
  });
}

function answer(what) {
  const done = waiting.get(what.id);
  waiting.delete(what.id);
  done?.(what);
}

// Asks for a deed in the name of the person who is looking. The answer is {ok, error, …}.
export function ask(deed, more = {}) {
  if (!world.connected) return Promise.resolve({ok: false, error: "The playground is not there; it may have been stopped."});
  last += 1;
  const id = last;
  return new Promise((resolve) => {
    waiting.set(id, resolve);
    socket.send(JSON.stringify({id, do: deed, as: world.me, ...more}));
  });
}

// The same, with a refusal shown as a notice. True when it was done.
export async function wish(deed, more = {}) {
  const told = await ask(deed, more);
  if (!told.ok) notice(told.error);
  return told.ok;
}
