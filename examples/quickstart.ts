// Deletes 25,000 keys from each of six stores of an emulated cloud, or, where KEYSWEEP_PROVIDER is set, the keys of a file from
// a store of your own. See `usage` for the variables.
import { isKeysweepError } from 'keysweep'
import { sweepEmulator } from './quickstart/emulated.js'
import { MisconfiguredError, usage } from './quickstart/settings.js'
import { sweepYourStore } from './quickstart/your-store.js'

if (process.argv.includes('--help')) console.log(usage)
else {
  try {
    // Whoever names keys means a store of their own; without its name, that is told, and nothing is emulated.
    const isReal = process.env.KEYSWEEP_PROVIDER || process.env.KEYS_FILE || process.env.KEYSWEEP_CONTAINER
    const isClean = await (isReal ? sweepYourStore(process.env) : sweepEmulator(process.env))
    if (!isClean) process.exitCode = 1
  } catch (error) {
    process.exitCode = 1
    if (error instanceof MisconfiguredError) console.error(`${error.message}\n\n${usage}`)
    else if (isKeysweepError(error)) console.error(`${error.name}: ${error.message}`)
    else console.error(error instanceof Error ? `${error.name}: ${error.message}` : String(error))
  }
}
