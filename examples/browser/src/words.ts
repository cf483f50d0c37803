// Numbers and times as people read them.

const NUMBERS = new Intl.NumberFormat('en-US')

/** 25,000 */
export const count = (value: number): string => NUMBERS.format(value)

/** 1 key, 25,000 keys */
export const counted = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`

/** 4 s, 2 min 5 s, 1 h 10 min */
export function duration(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
