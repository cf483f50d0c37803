// What it takes from the start of the process until a module is there; without one, until nothing is.
import process from 'node:process'
import { takenSinceStart } from './since-start.js'

const specifier = JSON.parse(process.argv[2] as string) as string
if (specifier !== '') await import(specifier)
process.stdout.write(`${JSON.stringify(takenSinceStart())}\n`)
