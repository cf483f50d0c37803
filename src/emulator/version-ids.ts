import { draw, type Random, uuid } from './random.js'

const CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-'

/** The ids a bucket gives its versions. As in S3, they look drawn at random, and its list of versions still knows where one belonged. */
export function versionIds(random: Random, areUuids: boolean): () => string {
  let given = 0
  return areUuids
    ? () => uuid(random).slice(0, -12) + (given++).toString(16).padStart(12, '0')
    : () => draw(random, CHARACTERS, 24) + (given++).toString(36).padStart(8, '0')
}

const ID = /^[\w.-]{24}([\da-z]{8})$/
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-([\da-f]{12})$/i

/** The how-manieth id of its bucket this is; NaN where no bucket gives such ids, as of `null`. */
export function orderOf(id: string): number {
  const [, order] = ID.exec(id) ?? []
  return order === undefined ? Number.parseInt(UUID.exec(id)?.[1] ?? '', 16) : Number.parseInt(order, 36)
}
