import { deletions } from './deletions.js'
import { call } from './lab.js'
import { puts } from './puts.js'
import { surroundings } from './surroundings.js'

/** A name, and what must not throw. */
export type Case = readonly [name: string, run: () => Promise<void>]

/** Runs every case, one after the other, and tells the program that started this runtime of each. */
export async function run(): Promise<void> {
  for (const [name, test] of [...surroundings(), ...deletions(), ...puts()]) {
    const failure = await test().then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? `${error.message}\n${error.stack}` : String(error)),
    )
    await call('report', name, failure ?? null)
  }
  await call('end')
}
