import { type ConditionalKey, keyOf, type ObjectKey, versionOf } from '../items.js'

/**
 * Tells where in a request the item stands that an entry of its answer speaks of: the one that named the entry's version, else
 * the one that named none.
 */
export function placesOf(
  items: readonly (ObjectKey | ConditionalKey)[],
): (key: string | undefined, version: string | undefined) => number | undefined {
  const byKey = new Map<string | undefined, number[]>()
  for (const [index, item] of items.entries()) {
    const others = byKey.get(keyOf(item))
    if (others) others.push(index)
    else byKey.set(keyOf(item), [index])
  }
  return (key, version) => {
    const candidates = byKey.get(key) ?? []
    const named = (wanted: string | undefined) => candidates.find((index) => versionOf(items[index]) === wanted)
    // A store that does not echo the version can still only mean the one that was asked for.
    const only = version === undefined && candidates.length === 1 ? candidates[0] : undefined
    return named(version) ?? named(undefined) ?? only
  }
}
