import type { Accounts } from './accounts.js'
import { Parameters } from './alibaba-form.js'
import { batchDelete, batchPut, get, type KvRequest, list, type Operation, put, remove } from './alibaba-kv.js'
import { type Call, type Incoming, type Outgoing, type Protocol, Refusal } from './exchange.js'
import type { Holdings } from './state.js'
import { Acs3Verifier } from './verify-acs3.js'

type Operations = Readonly<
  Record<string, readonly [method: 'GET' | 'POST', prepare: (request: KvRequest) => Operation]>
>

/** The operations on keys, with the one method each takes. */
const SERVICES: Readonly<Record<KvStore, { readonly version: string; readonly operations: Operations }>> = {
  'alibaba-esa': {
    version: '2024-09-10',
    operations: {
      BatchDeleteKv: ['POST', batchDelete],
      BatchPutKv: ['POST', batchPut],
      DeleteKv: ['GET', remove],
      PutKv: ['POST', put(true)],
      GetKv: ['GET', get],
      ListKvs: ['GET', list],
    },
  },
  'alibaba-dcdn': {
    version: '2018-01-15',
    operations: {
      BatchDeleteDcdnKv: ['POST', batchDelete],
      BatchPutDcdnKv: ['POST', batchPut],
      DeleteDcdnKv: ['POST', remove],
      PutDcdnKv: ['POST', put(false)],
      GetDcdnKv: ['GET', get],
      ListDcdnKv: ['GET', list],
    },
  },
}

/** The key-value stores of Alibaba Cloud. */
export type KvStore = 'alibaba-esa' | 'alibaba-dcdn'

/** The key-value stores of Alibaba Cloud. */
export class AlibabaProtocol implements Protocol {
  readonly #verifier: Acs3Verifier
  #throttled = 0

  constructor(
    readonly store: KvStore,
    accounts: Accounts,
    readonly holdings: Holdings,
    readonly putLimit: number,
  ) {
    this.#verifier = new Acs3Verifier(accounts)
  }

  async accept(request: Incoming, now: Date, requestId: string): Promise<Call> {
    await this.#verifier.verify(request, now)
    const { version, operations } = SERVICES[this.store]
    const { 'x-acs-action': action = '', 'x-acs-version': asked } = request.headers
    const [method, prepare] = (Object.hasOwn(operations, action) && operations[action]) || []
    if (OTHERS.test(action) && version === asked)
      throw new Refusal(501, 'NotImplemented', `The emulator does not implement ${action}.`)
    if (!prepare || method !== request.method || version !== asked || request.path !== '/')
      throw new Refusal(404, 'InvalidApi.NotFound', 'Specified api is not found, please check your url and method.')
    const parameters = new Parameters(request)
    const namespace = this.holdings.find(this.store, parameters.required('Namespace'))
    if (!namespace) throw new Refusal(404, 'InvalidNameSpace.NotFound', 'The specified namespace does not exist.')
    const { items, run } = prepare({ request, parameters, namespace, now, putLimit: this.putLimit })
    return { items, run: (faults) => json(200, { RequestId: requestId, ...run(faults) }) }
  }

  refuse({ status, code, message }: Refusal, { headers }: Incoming, requestId: string): Outgoing {
    const recommend = `https://api.aliyun.com/troubleshoot?q=${encodeURIComponent(code)}`
    const host = headers.host ?? ''
    return json(status, { RequestId: requestId, HostId: host, Code: code, Message: message, Recommend: recommend })
  }

  /** Both ways in which it is known to say so, in turn. */
  throttled(): Refusal {
    return this.#throttled++ % 2 === 0
      ? new Refusal(429, 'TooManyRequests', 'Too many requests.')
      : new Refusal(400, 'Throttling.Api', 'Request was denied due to api flow control.')
  }

  failure(status: number): Refusal {
    const [code, message] = FAILURES[status] ?? [
      'InternalError',
      'The request processing has failed due to some unknown error.',
    ]
    return new Refusal(status, code, message)
  }

  /** Its clients obey the milliseconds of a header of its own. */
  retryAfter(seconds: number): Record<string, string> {
    return { 'retry-after': String(Math.ceil(seconds)), 'x-acs-retry-after': String(Math.ceil(seconds * 1000)) }
  }

  identify(requestId: string): Record<string, string> {
    return { 'x-acs-request-id': requestId }
  }
}

/** Operations that there are, and that the emulator does not know. */
const OTHERS =
  /^(?:(?:Batch(?:Delete|Put)|Put)(?:Dcdn)?KvWithHighCapacity|(?:Create|Delete|Describe|Get|Put)(?:Dcdn)?KvNamespace|Get(?:Dcdn)?KvDetail|GetDcdnKvStatus|(?:Describe|Get)(?:Dcdn)?KvAccount(?:Status)?|DescribeKvUsageData)$/

const FAILURES: Readonly<Record<number, readonly [code: string, message: string]>> = {
  400: ['Throttling.User', 'Request was denied due to user flow control.'],
  403: ['Forbidden.RAM', 'User not authorized to operate on the specified resource, or this API does not support RAM.'],
  404: ['InvalidNameSpace.NotFound', 'The specified namespace does not exist.'],
  429: ['TooManyRequests', 'Too many requests.'],
  503: ['ServiceUnavailable', 'The request has failed due to a temporary failure of the server.'],
}

const json = (status: number, document: Readonly<Record<string, unknown>>): Outgoing => ({
  status,
  headers: { 'content-type': 'application/json;charset=utf-8' },
  body: JSON.stringify(document),
})
