import { BATCH, BURST_SECONDS, CONCURRENCY, LATENCY_MS } from './course.js'
import { type Figures, TARGETS } from './figures.js'
import { NAMES, type Panel } from './plot.js'

/** Everything that goes into the page. */
export interface Report {
  readonly form: 'short' | 'full'
  readonly date: string
  readonly machine: Readonly<Record<string, unknown>>
  readonly versions: Readonly<Record<string, string>>
  readonly limits: readonly number[]
  readonly phaseSeconds: number
  readonly panels: readonly Panel[]
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
const times = (spread: number): string => (Number.isFinite(spread) ? spread.toFixed(2) : 'one got nothing')
const pairs = (record: Readonly<Record<string, unknown>>): string =>
  Object.entries(record)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')

function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(columns), line(columns.map((_, index) => (index === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n')
}

export function tableOf({ runs }: Panel, limits: readonly number[]): string {
  const columns = ['client', ...limits.map((limit) => `of ${limit.toLocaleString('en')}`), 'in all']
  const rows = runs.map(({ contender, goodputByPhase, goodput, ...run }) => [
    NAMES[contender],
    ...[...goodputByPhase, goodput].map(percent),
    percent(run.wasted),
    ...(run.clients > 1 ? [times(run.spread)] : []),
    run.failed.toLocaleString('en'),
    run.requests.toLocaleString('en'),
    run.keysPerRequest.toFixed(0),
  ])
  const clients = runs[0]?.clients ?? 1
  return table([...columns, 'wasted', ...(clients > 1 ? ['spread'] : []), 'failed keys', 'requests', 'keys each'], rows)
}

export function targetsOf(panels: readonly Panel[]): string {
  const own = panels.flatMap(({ title, runs }) =>
    runs.filter(({ contender }) => contender === 'keysweep').map((run) => ({ title, run })),
  )
  const verdict = (reached: boolean) => (reached ? 'reached' : 'missed')
  const rows = own.flatMap(({ title, run }: { title: string; run: Figures }) => [
    [
      `goodput: ${title}`,
      `at least ${percent(TARGETS.goodput)}`,
      percent(run.goodput),
      verdict(run.goodput >= TARGETS.goodput),
    ],
    [`wasted: ${title}`, `below ${percent(TARGETS.wasted)}`, percent(run.wasted), verdict(run.wasted < TARGETS.wasted)],
    ...(run.clients > 1
      ? [[`spread: ${title}`, `at most ${TARGETS.spread}`, times(run.spread), verdict(run.spread <= TARGETS.spread)]]
      : []),
  ])
  return table(['what', 'target', 'measured', ''], rows)
}

export function page({ form, date, machine, versions, limits, phaseSeconds, panels }: Report): string {
  return `# Under throttling

Written by \`npm run bench:throttle${form === 'full' ? ' -- --full' : ''}\` on ${date}; nothing here is typed by hand.

A store takes so many keys a second, by a token bucket that holds what it takes in ${BURST_SECONDS} s and is empty at the start, and answers \`SlowDown\`
beyond that: to the whole request with a 503, or key by key inside a 200. Its limit moves every ${phaseSeconds} s: ${limits.map((limit) => limit.toLocaleString('en')).join(', ')}
keys a second. Every answer takes ${LATENCY_MS} ms. One client, or eight at once in one process, each with ${CONCURRENCY} requests in flight, delete keys without
end. The store is a process of its own. Beside keysweep with its defaults, the loop that people write: \`@aws-sdk/client-s3\` in both of its retry
modes, ${BATCH.toLocaleString('en')} keys a request, with p-limit.

- **Goodput** is the keys that the store took, of all that its limit would have let it take. It can exceed 100 % in a phase, by what the bucket held.
- **Wasted** is the share of requests that were refused; one of which some keys were refused counts for their share.
- **Spread** is what the luckiest of eight clients got deleted, divided by what the unluckiest did.
- **Failed keys** are those that a client gave up: keysweep after five attempts, the SDK after three, and in its loop any key that a 200 refuses.

Machine: ${pairs(machine)}.
Packages: ${pairs(versions)}.

${targetsOf(panels)}

![Keys taken a second, and the limit of the store, over time](figures/throttle.svg)

${panels.map((panel) => `## ${panel.title}\n\n${tableOf(panel, limits)}`).join('\n\n')}
`
}
