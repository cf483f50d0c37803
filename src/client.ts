import { createTransport, warnOfSecret } from '#runtime'
import * as check from './check.js'
import { CredentialCache } from './credential-cache.js'
import { admitCredentials, type Credentials } from './credentials.js'
import type { SettledBatch } from './engine/ledger.js'
import type { Plan } from './engine/run.js'
import { type Puller, pullFrom } from './engine/source.js'
import type { Authorize, Store } from './engine/store.js'
import { Sweep } from './engine/sweep.js'
import type { Tally } from './engine/tally.js'
import { KeysweepError } from './errors.js'
import { fetchTransport } from './fetch-transport.js'
import { ENTRY_MEMBERS, type Entry, KEY_MEMBERS, type KvKey, type Source } from './items.js'
import type { Operation } from './operation.js'
import { type ClientOptions, clientSettings, type DeleteOptions, type PutOptions, RUN_OPTIONS } from './options.js'
import { Redactor } from './redact.js'
import type { DeleteBatch, DeletedKey, DeleteReport, PutBatch, PutReport } from './report.js'
import { memberOf } from './untrusted.js'

/** What a provider file tells of its provider: everything the engine needs, and nothing it has to ask for. */
export interface Provider<Key> {
  /** As its import is called. */
  readonly name: string
  readonly authorize: Authorize
  readonly takesIamToken?: boolean
  readonly deletes: Operation<Key, Omit<DeletedKey, 'key'>>
  /** Whether `bypassGovernance` means anything to it. */
  readonly knowsGovernance?: boolean
  /** Whether its API allows no page to call it (CORS). */
  readonly refusesPages?: boolean
}

/** The same of a key-value store, which takes entries as well. */
export interface KeyValueProvider extends Provider<KvKey> {
  readonly puts: Operation<Entry, Record<never, never>>
}

/** A client that deletes keys in bulk. Holds no connection until it is used, and needs no closing. */
export abstract class DeleteClient<Key, Options extends DeleteOptions = DeleteOptions> {
  readonly #provider: Provider<Key>
  readonly #store: Store

  /** @internal */
  protected constructor(provider: Provider<Key>, options: ClientOptions<Credentials>) {
    this.#provider = provider
    this.#store = openStore(provider, options)
  }

  /**
   * Deletes `keys` and reports the fate of every one of them, in input order. Nothing is sent for an empty list.
   *
   * A key that does not exist counts as deleted where the store says so. Duplicates are sent once a request, and each is
   * reported.
   *
   * @throws {KeysweepError} With the report so far: when every further request would be refused alike (wrong credentials,
   * no such bucket), on abort (`name` is `AbortError`), and when the input or a callback throws.
   * @throws {TypeError | RangeError} Naming the option that is wrong, before anything is sent.
   */
  async deleteMany(keys: Source<Key>, options?: Options): Promise<DeleteReport> {
    return wholeReport(this.#deletion(keys, options))
  }

  /**
   * The same run, batch by batch as they settle, in bounded memory: the input is pulled only as fast as requests settle and
   * batches are taken. Batches may come out of order; `offset` says where each belongs. Nothing happens before the first
   * batch is asked for: use `for await`. Leaving the loop aborts the run.
   *
   * @throws The same as `deleteMany`, after every settled batch was yielded; the error's report holds no item twice.
   */
  deleteBatches(keys: Source<Key>, options?: Options): AsyncIterableIterator<DeleteBatch> {
    return batchwise(() => this.#deletion(keys, options))
  }

  /** @internal */
  protected job<Item, Detail extends object>(
    operation: Operation<Item, Detail>,
    items: Puller<Item>,
    options: PutOptions | DeleteOptions | undefined,
    doneName: DoneName,
  ): Job {
    const { name, knowsGovernance } = this.#provider
    const plan = planOf(options, this.#store, doneName)
    if (plan.mode.bypassGovernance && !knowsGovernance)
      throw new TypeError(`bypassGovernance means nothing to ${name}; leave it out`)
    return { sweep: new Sweep(this.#store, inBatches(operation, options), items, plan), provider: name, doneName }
  }

  #deletion(keys: Source<Key>, options: DeleteOptions | undefined): Job {
    return this.job(this.#provider.deletes, pullFrom(keys, 'keys', KEY_MEMBERS), options, 'deleted')
  }
}

/** A client of a key-value store: deletes keys, and puts entries, in bulk. */
export abstract class KeyValueClient extends DeleteClient<KvKey> {
  readonly #puts: Operation<Entry, Record<never, never>>

  /** @internal */
  protected constructor(provider: KeyValueProvider, options: ClientOptions<Credentials>) {
    super(provider, options)
    this.#puts = provider.puts
  }

  /**
   * Writes `entries` and reports the fate of every one of them, in input order.
   *
   * Where two entries of one request have the same key, the later one is written and both are reported; across requests
   * their order is not defined.
   *
   * @throws The same as `deleteMany`.
   */
  async putMany(entries: Source<Entry>, options?: PutOptions): Promise<PutReport> {
    return wholeReport(this.#put(entries, options))
  }

  /** The same run, batch by batch as they settle, in bounded memory; see `deleteBatches`. */
  putBatches(entries: Source<Entry>, options?: PutOptions): AsyncIterableIterator<PutBatch> {
    return batchwise(() => this.#put(entries, options))
  }

  #put(entries: Source<Entry>, options: PutOptions | undefined): Job {
    return this.job(this.#puts, pullFrom(entries, 'entries', ENTRY_MEMBERS), options, 'written')
  }
}

function openStore<Key>(provider: Provider<Key>, options: ClientOptions<Credentials>): Store {
  const settings = clientSettings(options)
  const { fetch, dispatcher, onAttempt } = options
  const admit = (credentials: unknown) => admitCredentials(credentials, provider.takesIamToken === true)
  const credentials = new CredentialCache(options.credentials, admit)
  warnOfSecret(options.credentials)
  return {
    ...settings,
    authorize: provider.authorize,
    transport: fetch ? fetchTransport(fetch) : createTransport(dispatcher, provider.refusesPages),
    credentials,
    redactor: new Redactor(),
    onAttempt,
    skewMs: 0,
  }
}

type AnyOptions = Omit<DeleteOptions, 'onProgress'> & {
  readonly onProgress?: ((progress: never) => unknown) | undefined
  readonly bypassGovernance?: boolean | undefined
}

function planOf(options: AnyOptions = {}, store: Store, doneName: DoneName): Plan {
  check.object(options, 'options')
  check.names(options, RUN_OPTIONS)
  const { concurrency = store.concurrency, signal, onProgress, dryRun, quiet, bypassGovernance } = options
  const { maxRequests = Number.POSITIVE_INFINITY } = options
  check.number(concurrency, 'concurrency', { from: 1 })
  check.number(options.maxRequests, 'maxRequests', { from: 0 })
  check.number(options.batchSize, 'batchSize', { from: 1 })
  check.function(onProgress, 'onProgress')
  for (const name of ['dryRun', 'quiet', 'bypassGovernance'] as const) check.boolean(options[name], name)
  const isSignal =
    typeof memberOf(signal, 'aborted') === 'boolean' && memberOf(signal, 'addEventListener') !== undefined
  if (signal !== undefined && !isSignal) throw check.mistyped('signal', 'an AbortSignal', signal)
  const tell = onProgress as ((progress: object) => unknown) | undefined
  return {
    concurrency,
    signal,
    onProgress:
      tell &&
      ((tally, { total, ...present }) =>
        tell({ ...statsOf(doneName, tally), ...(total !== undefined && { total }), ...present })),
    dryRun: dryRun === true,
    maxRequests,
    mode: { quiet: quiet === true, bypassGovernance: bypassGovernance === true },
  }
}

const inBatches = <Item, Detail extends object>(
  operation: Operation<Item, Detail>,
  { batchSize = operation.maxItems }: PutOptions | DeleteOptions = {},
): Operation<Item, Detail> => ({ ...operation, maxItems: Math.min(operation.maxItems, batchSize) })

type AnyReport = DeleteReport | PutReport

/** What the items that are done are called in a report. */
type DoneName = 'deleted' | 'written'

/** A run, and what its reports are made with. */
interface Job {
  readonly sweep: Pick<Sweep<unknown, object>, 'start' | 'next' | 'close' | 'tally' | 'failure' | 'resumeFrom'>
  readonly provider: string
  readonly doneName: DoneName
}

/** Gathers the batches of a run, and puts them back into input order. */
async function wholeReport<Report extends AnyReport>(job: Job): Promise<Report> {
  const { sweep } = job
  const early = new Map<number, SettledBatch>()
  const done: SettledBatch['done'] = []
  const failed: SettledBatch['failed'] = []
  let through = 0
  sweep.start()
  for (let batch = await sweep.next(); batch; batch = await sweep.next()) {
    early.set(batch.offset, batch)
    for (let next = early.get(through); next; next = early.get(through)) {
      early.delete(through)
      // Not with spread: an argument list has an end.
      for (const item of next.done) done.push(item)
      for (const item of next.failed) failed.push(item)
      through += next.count
    }
  }
  sweep.close()
  return orThrow(job, done, failed)
}

/** Gives the batches of a run as they settle. It is opened when the first is asked for, so that bad options reject. */
function batchwise<Report extends AnyReport>(open: () => Job): AsyncIterableIterator<Report & Place, void, undefined> {
  let sweep: Job['sweep'] | undefined
  let isLeft = false
  async function* run(): AsyncGenerator<Report & Place, void, undefined> {
    const job = open()
    sweep = job.sweep
    sweep.start()
    try {
      for (let batch = await sweep.next(); batch; batch = await sweep.next()) {
        const { offset, count, settledThrough } = batch
        yield { ...reportOf(job, batch), offset, count, settledThrough }
      }
    } finally {
      sweep.close()
    }
    if (!isLeft) orThrow(job, [], [])
  }
  const batches = run()
  const leave = batches.return.bind(batches)
  // By itself, a generator would first wait for the batch that it was asked for.
  batches.return = (value) => {
    isLeft = true
    sweep?.close()
    return leave(value)
  }
  return batches
}

type Place = Pick<SettledBatch, 'offset' | 'count' | 'settledThrough'>

function orThrow<Report extends AnyReport>(
  job: Job,
  done: SettledBatch['done'],
  failed: SettledBatch['failed'],
): Report {
  const { tally, resumeFrom, failure } = job.sweep
  const report = reportOf<Report>(job, { done, failed, tally, resumeFrom })
  if (!failure) return report
  const { provider } = job
  const { message, ...details } = failure
  throw new KeysweepError(`${provider}: ${message} (${failure.code})`, { ...details, provider, report })
}

const statsOf = (name: DoneName, { done, ...stats }: Tally) => ({ ...stats, [name]: done })

const reportOf = <Report extends AnyReport>(
  { doneName }: Job,
  { done, failed, tally, resumeFrom }: Pick<SettledBatch, 'done' | 'failed' | 'tally' | 'resumeFrom'>,
): Report =>
  ({
    [doneName]: done,
    failed,
    stats: statsOf(doneName, tally),
    ...(resumeFrom !== undefined && { resumeFrom }),
  }) as Report
