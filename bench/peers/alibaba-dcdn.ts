import * as dcdn from '@alicloud/dcdn20180115'
import { batchwise, CONTAINER } from '../client/contender.js'
import { configFor, constructorOf } from './alibaba.js'

const Client = constructorOf(dcdn)

export const run = batchwise(({ endpoint }) => {
  const client = new Client(configFor(endpoint))
  return async (keys) => {
    const { body } = await client.batchDeleteDcdnKv(
      new dcdn.BatchDeleteDcdnKvRequest({ namespace: CONTAINER, keys: [...keys] }),
    )
    return body?.successKeys?.length ?? 0
  }
})
