// What a person entered in a view: it survives every update of the view, as in Slack, by block_id and action_id.

const entered = new Map();

export function formOf(view) {
  const held = entered.get(view.id) ?? new Map();
  entered.set(view.id, held);
  const key = (block, element) => `${block.block_id}/${element.action_id}`;
  return {
    errors: view.errors ?? {},
    entered: (block, element) => held.get(key(block, element)),
    enter: (block, element, value) => held.set(key(block, element), value),
    // Only fields that the view still has: what was taken out of it does not count any more.
    values: () => {
      const there = new Set(fields(view.blocks ?? []));
      return Object.fromEntries([...held].filter(([name]) => there.has(name)).map(([name, value]) => [name, value ?? null]));
    },
  };
}

function fields(blocks) {
  return blocks.flatMap((block) => [block.element, block.accessory, ...(block.type === "actions" ? block.elements : [])]
    .filter(Boolean).map((element) => `${block.block_id}/${element.action_id}`));
}
