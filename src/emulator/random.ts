/** Numbers from 0 up to 1, the same for the same seed. */
export type Random = () => number

/** The generator known as mulberry32: 32 bits of state, ample for dice. */
export function seeded(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** `length` characters drawn from an alphabet. */
export function draw(random: Random, alphabet: string, length: number): string {
  let drawn = ''
  for (let index = 0; index < length; index++) drawn += alphabet[Math.floor(random() * alphabet.length)]
  return drawn
}

/** Something shaped like a random UUID. */
export const uuid = (random: Random): string =>
  draw(random, '0123456789abcdef', 32).replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, '$1-$2-4$3-a$4-$5')
