// What a careful programmer writes for Alibaba's key-value stores with undici; the setting `action` says which of the calls.
import { batchwise, type Entry } from '../client/contender.js'
import { acs3, kvUrl } from './acs3.js'
import { poster } from './undici.js'

const VERSIONS: Readonly<Record<string, string>> = { Kv: '2024-09-10', DcdnKv: '2018-01-15' }

export const run = batchwise<string | Entry>((task) => {
  const { endpoint, settings } = task
  const action = settings.action as string
  const url = kvUrl(endpoint)
  const sign = acs3(endpoint, action, VERSIONS[action.replace(/^Batch(Delete|Put)/, '')] as string)
  const post = poster(task)
  return async (items) => {
    const json = JSON.stringify(
      items.map((item) => (typeof item === 'string' ? item : { Key: item.key, Value: item.value })),
    )
    const field = action.startsWith('BatchPut') ? 'KvList' : 'Keys'
    const body = Buffer.from(`${field}=${encodeURIComponent(json)}`)
    const answer = JSON.parse(await post(url, sign(body), body)) as { SuccessKeys: string[] }
    return answer.SuccessKeys.length
  }
})
