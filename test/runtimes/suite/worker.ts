import { run } from './run.js'

/** What workerd's `test` command calls. */
export const suite = { test: run }
