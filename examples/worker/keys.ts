export const KEYS = 200_000

export const keyAt = (index: number): string => `sessions/${String(index).padStart(6, '0')}.json`
