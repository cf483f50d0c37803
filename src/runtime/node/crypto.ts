let loaded: typeof import('node:crypto') | undefined

/** Loaded when the first digest is asked for: it takes as long as a third of keysweep. */
export const nodeCrypto = (): typeof import('node:crypto') => {
  loaded ??= process.getBuiltinModule('node:crypto')
  return loaded
}
