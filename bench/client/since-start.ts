import process from 'node:process'
import type { SinceStart } from '../job.js'

export function takenSinceStart(): SinceStart {
  const { user, system } = process.cpuUsage()
  return { cpuMs: (user + system) / 1e3, wallMs: performance.now() }
}
