// What is left when nothing is encoded, hashed, signed or read: the requests were made before.
import { batchwise, type Contender, type Task } from '../client/contender.js'
import { type Recorded, recorded } from './replay.js'
import { poster } from './undici.js'

let requests: readonly Recorded[] = []

export const prepare = async (task: Task): Promise<void> => {
  requests = await recorded(task)
}

export const run: Contender = batchwise((task) => {
  const post = poster(task)
  let next = 0
  return async (keys) => {
    const { url, headers, body } = requests[next++] as Recorded
    await post(url, headers, body)
    return keys.length
  }
})
