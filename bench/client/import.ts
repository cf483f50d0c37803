// How long after the start of the process a module is there, in milliseconds; without one, how long after it nothing is.
import process from 'node:process'

const specifier = JSON.parse(process.argv[2] as string) as string
if (specifier !== '') await import(specifier)
const sinceStartMs = performance.now()
process.stdout.write(`${sinceStartMs}\n`)
