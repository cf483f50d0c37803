/** How often each of many things has happened. */
export type Counts = Record<string, number>

export function count(counts: Counts, name: string, times = 1): void {
  if (times > 0) counts[name] = (counts[name] ?? 0) + times
}

export function addCounts(counts: Counts, more: Counts): void {
  for (const [name, times] of Object.entries(more)) count(counts, name, times)
}
