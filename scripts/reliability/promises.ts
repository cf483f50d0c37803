/** Suites with a command of their own, which record what they counted in `docs/figures`, and what each of them does. */
export const SUITES = {
  faults:
    'Every client, on both transports, over real sockets to the emulator through a layer that breaks things: random inputs, options, faults and aborts from a seed, held against a small model of the store.',
  ceph: 'A Ceph RADOS Gateway of its own, broken for real: policies, throttling, storage that stalls, a gateway that is killed in the middle of its answers. Every report is held against a listing of the bucket, key for key.',
  restarts:
    'One run of `deleteBatches` against an emulator whose gateway is a process of its own, and is killed in the middle of an answer and started again.',
  large:
    'A million keys of a file, with failing requests, broken connections and refused keys, held against the store key for key; and the memory that takes.',
  throttle:
    'A store that serves so many keys a second, and refuses what is beyond it, while that number goes up and down; one client, and eight at once.',
  fuzz: 'Every reader of answers, fed with mutations of answers and with noise.',
  mutation: 'The source changed in small ways, one at a time: how many of the changes the tests notice.',
} as const

export type Suite = keyof typeof SUITES

/** A promise to the user, and what shows that it is kept. */
export interface Promised {
  readonly title: string
  readonly text: string
  /** Titles of tests, with the titles of their groups, by file below `test`. */
  readonly tests: Readonly<Record<string, readonly string[]>>
  readonly suites: readonly Suite[]
}

export const PROMISES: readonly Promised[] = [
  {
    title: 'Every item is accounted for',
    text: 'Each item taken from the input stands in the report exactly once, in input order, as `deleted` (`written`) or `failed`; duplicates are sent once a request, and each is reported. A run that ends early takes no more input and says where to resume, and nothing from there on was sent.',
    tests: {
      'engine/model.test.ts': ['whatever befalls a run, its report is true'],
      'engine/promises.test.ts': [
        'a run that ends early › a source that throws, or rejects, ends the run with its reason and every item accounted for',
        'duplicates › the duplicates of a failed key fail with it, each in its place',
      ],
      'providers/contract-keys.ts': [
        'sends a duplicate once a request and reports each',
        'reports duplicates in different requests, and each failed one',
      ],
      'providers/contract-callers.ts': [
        'tells the same batch by batch as at once',
        'says in its batches where to resume',
      ],
      'restarts/ten-million.restarts.ts': [
        '… keys in one run, while the server is killed five times in the middle of an answer: complete and exact',
      ],
    },
    suites: ['faults', 'ceph', 'restarts', 'large'],
  },
  {
    title: 'A key is deleted only on the store’s word',
    text: 'A key is in `deleted` where the store listed it as deleted or, in a quiet run, did not list it as failed in an answer that was read whole. A 200 with an error, an HTML page, half a body or none inside deletes nothing in the report; only where the provider documents an empty body as a quiet success is it one.',
    tests: {
      'hostile/answers.test.ts': [
        'believes of an answer with … no more than it says',
        'believes no deletion of an answer whose status is no success',
      ],
      'providers/contract-failures.ts': [
        'knows … for what it is…',
        'does not know of keys that the answer leaves out',
        'does not know of keys that the store broke down over with …',
      ],
      'providers/yandex.test.ts': ['yandex › takes silence for success only when quiet'],
      'ceph/restarts.ceph.ts': [
        'a gateway that is killed in the middle of its answers › without a second attempt: only what was under way is unknown (…, quiet: …)',
      ],
    },
    suites: ['faults', 'fuzz', 'ceph'],
  },
  {
    title: 'The key that is sent is the key that was given',
    text: 'Any string that the store can hold survives: blanks, `007`, `__proto__`, line breaks, `&#38;`, emoji. What the batch form cannot say goes by the provider’s single call where it has one. What cannot be said at all fails alone, unsent.',
    tests: {
      'providers/contract-keys.ts': [
        'deletes each hostile key for real, and nothing that looks like it',
        'deletes hostile keys together, among what looks like them',
        'fails what is no key alone and unsent',
      ],
      'providers/contract-s3.ts': ['deletes keys that XML cannot carry one by one'],
      'providers/contract-kv.ts': ['writes the keys and values that were given'],
      'ceph/contract.ceph.ts': [
        'hostile keys, each with all that could be taken for it › the key goes and they stay; they go and the key stays',
        'hostile keys: … › … goes, and its counterpart stays',
      ],
    },
    suites: ['ceph', 'mutation'],
  },
  {
    title: 'One bad key does not sink its neighbours',
    text: 'Where a store refuses a whole request for what may be the fault of one item, the request is split until that item stands alone. Where every part is refused alike it was no single item’s fault: the search ends within 64 further requests, and the refusal stands for all.',
    tests: {
      'providers/contract-poison.ts': [
        'finds the one key that makes the store answer …',
        'finds several keys that make the store answer …, in several batches',
        'ends soon where every part of … batches is answered …',
      ],
      'engine/promises.test.ts': [
        'a refused request › is split until the item at fault stands alone',
        'a refused request › stands for all after 64 parts that were refused alike',
      ],
      'engine/one-item.test.ts': [
        'one item that is refused › with others of its kind beside it takes no good one with it › …',
      ],
      'ceph/faults.ceph.ts': [
        'limits below those documented › a store that takes nothing and says only 400: all is refused, after a search that ends',
      ],
    },
    suites: ['faults'],
  },
  {
    title: 'Limits are kept',
    text: 'Requests are cut by the number of their items and by the bytes of their body, whichever comes first.',
    tests: {
      'providers/contract-keys.ts': ['sends … in … request…', 'cuts requests by encoded bytes where these come first'],
      'engine/cutter-properties.test.ts': [
        'Cutter › cuts contiguous pieces within the limits, and loses nothing: …',
        'Cutter › cuts plain keys whole, and all others as ever, while limits fall and rise: …',
      ],
      'ceph/contract.ceph.ts': [
        'quiet: … › sends a full batch as one, and one key more as two',
        'bytes › a batch of … is cut before it is sent',
      ],
    },
    suites: ['faults'],
  },
  {
    title: 'What may succeed later is tried again',
    text: 'Broken connections, time-outs, throttling, 5xx and retryable errors of single keys are tried again, the keys gathered in new requests; `Retry-After` is obeyed up to `maxDelayMs`; every attempt is signed afresh; a wrong clock is corrected once. After an attempt that may have been applied, a failure is `unknown`, never `refused`.',
    tests: {
      'providers/contract-failures.ts': [
        'gets through failing servers and broken connections',
        'tries keys again that may succeed later, together',
        'waits as long as the store asks',
        'does not call refused what an earlier attempt may have done',
        'reports HTTP … that does not pass as what it is',
      ],
      'providers/contract-endings.ts': ['corrects a clock that is … hour off, once'],
      'engine/promises.test.ts': [
        'what may succeed later › every attempt is signed afresh',
        'what may succeed later › after an attempt that may have been applied a later refusal is unknown',
      ],
      'ceph/faults.ceph.ts': [
        'errors inside a 200 › … is tried again until it passes',
        'storage that stalls for longer than the gateway waits › keys it gave up on inside a 200 are unknown: some of them are deleted all the same',
      ],
      'ceph/restarts.ceph.ts': [
        'a gateway that is killed in the middle of its answers › five times, and the run completes (quiet: …)',
      ],
    },
    suites: ['faults', 'ceph', 'restarts'],
  },
  {
    title: 'Throttling slows the run instead of failing it',
    text: 'The pace falls while the store throttles, or is too slow for all requests at once, and climbs back after.',
    tests: {
      'engine/sweep.test.ts': [
        'a run › gets through to a store that is too slow for all requests at once, and works on those that were given up',
      ],
      'providers/contract-failures.ts': [
        'slows down when throttled, and loses nothing',
        'climbs back once the store no longer throttles',
      ],
      'ceph/faults.ceph.ts': ['throttling › SlowDown for whole requests slows the run and loses nothing'],
    },
    suites: ['throttle'],
  },
  {
    title: 'A refusal that every request would meet stops the run',
    text: 'A wrong secret or a bucket that is not there rejects the promise with an error that carries the report so far; what was taken and never sent says `NotSent`.',
    tests: {
      'providers/contract-endings.ts': ['stops at …', 'stops with many requests in flight'],
      'engine/promises.test.ts': [
        'a run that ends early › a refusal that every request would meet stops the run; what was never sent says so',
      ],
      'ceph/contract.ceph.ts': [
        'refusals of every request › a wrong secret ends the run',
        'refusals of every request › a bucket that is not there ends the run',
        'refusals of every request › another account ends the run, with everything still there',
      ],
    },
    suites: ['faults'],
  },
  {
    title: 'An abort keeps what is known',
    text: 'An aborted run rejects with an `AbortError` that carries the report; nothing more is sent, timers and sockets are freed. An input or a callback that throws ends the run the same way.',
    tests: {
      'providers/contract-endings.ts': [
        'keeps what is known when it is aborted',
        'ends when it is aborted while it waits to try again',
        'ends when … fails, with what was taken before',
      ],
      'engine/promises.test.ts': [
        'a run that ends early › an abort does not wait for a source that hangs, nor for a transport that ignores its signal',
        'a run that ends early › whatever … throws, every item is accounted for',
      ],
      'ceph/faults.ceph.ts': ['storage that stalls › an abort keeps what is known'],
    },
    suites: ['faults'],
  },
  {
    title: 'Memory is bounded',
    text: 'The input is pulled only as fast as requests settle, so that ten million keys take no more memory than one million. A batch is one contiguous piece of the input, given out when it settles.',
    tests: {
      'engine/promises.test.ts': ['the input › is pulled no faster than batches are taken'],
      'providers/contract-callers.ts': ['takes no more of its input than it needs'],
      'large/million.large.ts': ['many times the keys take no more memory'],
      'restarts/ten-million.restarts.ts': ['ten times the keys take no more memory'],
    },
    suites: ['restarts', 'large'],
  },
  {
    title: 'A budget stops cleanly',
    text: '`maxRequests` counts every attempt and is never exceeded; once it is used up nothing more is pulled, and what is in flight is settled. `settledThrough` says how many leading items are settled.',
    tests: {
      'providers/contract-endings.ts': [
        'never exceeds its budget, and can be resumed to the end',
        'needs no resuming where the budget is just enough',
      ],
      'engine/promises.test.ts': [
        'a run that ends early › a budget that retries use up stops a source in the middle of a batch',
        'a run that ends early › the last batch of a run that the budget ended says where to resume',
      ],
    },
    suites: ['faults'],
  },
  {
    title: 'Secrets stay secret',
    text: 'No error, log, `inspect` or JSON shows one, not even where a server’s message repeats it. No redirect is followed.',
    tests: {
      'secrets.test.ts': [
        'is not seen in a client',
        'is not seen in anything a server says',
        'is not seen in any failure of a store',
        'options › are refused without their values',
      ],
      'providers/contract-failures.ts': ['follows no redirect of HTTP …'],
    },
    suites: [],
  },
]
