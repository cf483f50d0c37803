import { createHmac } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import type { CredentialSource, KeyPair, RemoteKey, SigningRequest } from 'keysweep'
import type { EmulatorOptions } from 'keysweep/emulator'
import { Dice } from './dice.js'
import type { Plan } from './plan.js'
import { Thrown } from './source.js'

const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()

/** What a server of the user's own would answer that keeps the secret. */
function signatureFor(
  { scheme, stringToSign, scope }: SigningRequest,
  { accessKeyId, secretAccessKey }: KeyPair,
): string {
  if (scheme === 'acs3') return hmac(secretAccessKey, stringToSign).toString('hex')
  if (scheme === 'sigv4') {
    const steps = [scope?.date ?? '', scope?.region ?? '', scope?.service ?? '', 'aws4_request']
    return hmac(steps.reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`), stringToSign).toString('hex')
  }
  const date = /^eop-date:(.*)$/m.exec(stringToSign)?.[1] ?? ''
  const key = [date, accessKeyId, date.slice(0, 8)].reduce<string | Buffer>(hmac, secretAccessKey)
  return hmac(key, stringToSign).toString('base64')
}

/** Who calls, and what must never be seen of that. */
export interface Identity {
  readonly credentials: CredentialSource<KeyPair | RemoteKey>
  readonly accounts: Pick<EmulatorOptions, 'credentials' | 'iamToken'>
  readonly secrets: readonly string[]
}

/** Stands in every request of a run, for the fault layer to see whose it is. */
const nameOf = ({ seed }: Plan): string => `key-of-${seed}`

/** The seed of the run a request belongs to; undefined where it comes from another program. */
export function seedIn({ authorization = '', 'eop-authorization': eop = '' }: IncomingHttpHeaders): number | undefined {
  const seed = /key-of-(\d+)/.exec(`${authorization} ${eop}`)?.[1]
  return seed === undefined ? undefined : Number(seed)
}

export function identityOf(plan: Plan): Identity {
  const dice = new Dice(plan.seed).for('identity')
  const secret = (name: string) => `${name}/${dice.for(name).between(1e8, 9e8)}+secret`
  const sessionToken = plan.store === 'ctyun-zos' || dice.chance(0.5) ? {} : { sessionToken: secret('session') }
  const pair: KeyPair = { accessKeyId: nameOf(plan), secretAccessKey: secret('pair'), ...sessionToken }
  const outdated: KeyPair = {
    accessKeyId: `old-${nameOf(plan)}`,
    secretAccessKey: secret('outdated'),
    expiration: new Date(0),
  }
  const iamToken = secret(nameOf(plan))
  const accounts = { credentials: [pair, outdated], iamToken }
  const secrets = [pair.secretAccessKey, outdated.secretAccessKey, iamToken, ...Object.values(sessionToken)]
  let calls = 0
  const first = () => calls++ === 0
  const remote: RemoteKey = {
    accessKeyId: pair.accessKeyId,
    ...sessionToken,
    async sign(request) {
      if (plan.credentials === 'remote fails once' && first()) throw new Thrown('the signer')
      await pause(calls++ % 3)
      return signatureFor(request, pair)
    },
  }
  const { expiration: _, ...unmarked } = outdated
  const sources: Readonly<Record<Plan['credentials'], CredentialSource<KeyPair | RemoteKey>>> = {
    pair,
    token: { iamToken } as never,
    function: () => pair,
    'slow function': async () => {
      await pause(dice.between(1, 20))
      return pair
    },
    'short-lived': async () => ({ ...pair, expiration: new Date(Date.now() + 61_000) }),
    'expired once': () => (first() ? unmarked : pair),
    remote,
    'remote fails once': remote,
    'fails once': () => {
      if (first()) throw new Thrown('the credentials')
      return pair
    },
    fails: () => Promise.reject(new Thrown('the credentials')),
    'hangs once': () => (first() ? new Promise<never>(() => {}) : pair),
    'wrong secret': { ...pair, secretAccessKey: `${pair.secretAccessKey}, but wrong` },
  }
  return { credentials: sources[plan.credentials], accounts, secrets }
}
