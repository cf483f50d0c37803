import { join } from 'node:path'
import { installTools } from './equip.js'

// Installs what the suites of runtimes and bundlers would install themselves, for whoever has time before.

for (const folder of ['runtimes', 'bundles']) await installTools(join(import.meta.dirname, '..', folder))
