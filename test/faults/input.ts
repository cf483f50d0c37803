import { createHash } from 'node:crypto'
import type { Lock, State } from 'keysweep/emulator'
import { hostileKeys, impossibleKeys, lookAlikes } from '../providers/keys.js'
import { Dice } from './dice.js'
import type { Plan } from './plan.js'
import { CONTAINER, STORES } from './stores.js'
import { idOf } from './wire.js'

/** One item of the input, with what the oracle has to know of it. */
export interface Given {
  readonly item: unknown
  /** Undefined where it cannot be sent at all. */
  readonly id: string | undefined
  readonly key: string
  readonly versionId?: string
  readonly value?: string
}

/** The input of a run and what the store held before it. */
export interface Stock {
  readonly given: readonly Given[]
  /** Keys that a reader would find. */
  readonly held: ReadonlySet<string>
  /** Versions by id, as `idOf` names them. */
  readonly versions: ReadonlySet<string>
}

/** Fills the store and makes the input of a plan. */
export function stockUp(plan: Plan, state: State): Stock {
  const dice = new Dice(plan.seed).for('input')
  const { longestKeyBytes } = STORES[plan.store]
  state.create(plan.store, CONTAINER, {
    versioning: plan.versioning !== 'off',
    objectLock: plan.versioning === 'locked',
  })
  const names = namesOf(plan, dice)
  const versions = new Set<string>()
  const given: Given[] = []
  const put = (key: string) => {
    const version = state.put(plan.store, CONTAINER, key)
    if (version !== 'null') versions.add(idOf(key, version))
    if (plan.versioning === 'locked' && dice.chance(0.1))
      state.lock(plan.store, CONTAINER, key, dice.pick<Lock>(['GOVERNANCE', 'COMPLIANCE', 'HOLD']))
    return version
  }
  const make = plan.action === 'put' ? entryOf : itemOf
  for (const key of names) {
    if (given.length > 0 && dice.chance(plan.keys.duplicate)) given.push(dice.pick(given))
    else if (dice.chance(plan.keys.impossible)) given.push(impossible(plan, dice, longestKeyBytes))
    else {
      const isHeld = dice.chance(plan.action === 'put' ? 0.2 : 0.85)
      const version = isHeld ? put(key) : undefined
      if (isHeld && plan.versioning !== 'off' && dice.chance(0.3)) put(key)
      given.push(make(plan, key, version, dice))
    }
  }
  for (const key of names.slice(0, 20)) for (const other of lookAlikes(key, longestKeyBytes).slice(0, 8)) put(other)
  put('a bystander')
  return { given: unique(plan, given), held: new Set(state.keys(plan.store, CONTAINER)), versions }
}

/** A set gives each item once. */
function unique({ source }: Plan, given: readonly Given[]): readonly Given[] {
  return source === 'set' ? [...new Map(given.map((one) => [one.item, one])).values()] : given
}

function namesOf({ store, count, keys }: Plan, dice: Dice): string[] {
  const { family, longestKeyBytes } = STORES[store]
  const hostile = HOSTILE[longestKeyBytes] ?? []
  const unit = family === 's3' ? '&' : '\u0001'
  // Each key that XML cannot carry is a request of its own.
  let mostAlone = 25
  return Array.from({ length: count }, (_, index) => {
    if (keys.heavy) return `${index} ${unit.repeat(longestKeyBytes - 10)}`
    const name = dice.chance(keys.hostile) ? dice.pick(hostile) : `${dice.pick(['k/', 'ключ ', '日本/'])}${index}`
    const isAlone = family === 's3' && /[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.test(name)
    return isAlone && mostAlone-- <= 0 ? `k/${index}` : name
  })
}

const LENGTHS = [512, 1024]
const HOSTILE = Object.fromEntries(LENGTHS.map((length) => [length, hostileKeys(length)]))
const IMPOSSIBLE = Object.fromEntries(LENGTHS.map((length) => [length, impossibleKeys(length)]))

const EMPTY_TAG = `"${createHash('md5').digest('hex')}"`

function itemOf(
  { conditional, versioning, store, keys }: Plan,
  key: string,
  version: string | undefined,
  dice: Dice,
): Given {
  if (versioning !== 'off' && dice.chance(keys.versioned)) {
    const absent = store === 'ncloud' ? '00000000-0000-4000-a000-000000000000' : 'absent'
    const versionId = version && dice.chance(0.9) ? version : absent
    return { item: { key, versionId }, id: idOf(key, versionId), key, versionId }
  }
  if (conditional && !/[^ -~]/.test(key) && dice.chance(0.3))
    return { item: { key, eTag: dice.chance(0.7) ? EMPTY_TAG : '"another"' }, id: idOf(key), key }
  return { item: dice.chance(0.8) ? key : { key }, id: idOf(key), key }
}

function entryOf({ keys }: Plan, key: string, _version: string | undefined, dice: Dice): Given {
  const size = keys.heavy ? 30_000 : dice.between(0, 40)
  const value = dice.chance(keys.heavy ? 0.02 : 0.0005)
    ? '\u0001'.repeat(300_000)
    : `${key} ${dice.pick(['v', '&', '=', '%', '😀'])}`.padEnd(size, 'v')
  const life = dice.chance(0.2)
    ? dice.pick([{ expirationTtl: 864_000 }, { expiration: new Date(4e12) }, { expiration: 4e9 }])
    : {}
  return { item: { key, value, ...life }, id: idOf(key), key, value }
}

function impossible({ action, store }: Plan, dice: Dice, longestKeyBytes: number): Given {
  const key = dice.pick(IMPOSSIBLE[longestKeyBytes] ?? [])
  if (action === 'put') {
    const good = { key: 'key', value: 'value' }
    const wrong = [{ key, value: '' }, { key: 'key' }, { ...good, value: 7 }, { ...good, value: '\ud800' }, null, 'key']
    const dead = [{ expiration: 1 }, { expirationTtl: 0 }, { expiration: new Date(Number.NaN) }, { expirationTtl: 1.5 }]
    const item = dice.pick([...wrong, ...dead.map((life) => ({ ...good, ...life }))])
    return { item, id: undefined, key: '' }
  }
  const misfit = STORES[store].family === 'kv' ? { key: 'key', versionId: 'v' } : { key: 'key', versionId: '' }
  return { item: dice.chance(0.2) ? misfit : key, id: undefined, key: '' }
}
