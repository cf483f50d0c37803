import type { Compare } from '../compare.js'

export const isSame: Compare['isSame'] = (one, other) => Buffer.compare(one, other) === 0
