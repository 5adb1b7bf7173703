/** Does something with each item, some of them at a time, in their order. */
export async function inLanes<T>(
  lanes: number,
  items: readonly T[],
  act: (item: T) => Promise<unknown>,
): Promise<void> {
  const left = items.values();
  const lane = async () => {
    for (const item of left) await act(item);
  };
  await Promise.all(Array.from({ length: Math.min(lanes, items.length) }, lane));
}
