import type { Entry, EsaKvClient, PutReport } from 'keysweep'

/** Something to keep for a while. */
export interface Session {
  readonly id: string
  readonly user: string
}

const ONE_DAY_SECONDS = 86_400

/** Writes sessions that the store drops after a day. The values are text: here, JSON. */
export function putSessions(store: EsaKvClient, sessions: Iterable<Session>): Promise<PutReport> {
  return store.putMany(entriesOf(sessions))
}

/** Made as they are needed, so that they never all stand in memory. */
function* entriesOf(sessions: Iterable<Session>): Generator<Entry> {
  for (const { id, user } of sessions)
    yield { key: `session:${id}`, value: JSON.stringify({ user }), expirationTtl: ONE_DAY_SECONDS }
}
