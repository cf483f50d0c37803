import type { Credentials, DeleteBatch, DeleteOptions, IamToken, KeyPair, ObjectDeleteOptions, Source } from 'keysweep'
import {
  CtyunZosClient,
  DcdnKvClient,
  EsaKvClient,
  NcloudStorageClient,
  S3StorageClient,
  YandexStorageClient,
} from 'keysweep'

export const usage = `Without variables: deletes from an emulated cloud on this machine. Otherwise:

  KEYSWEEP_PROVIDER            alibaba-esa, alibaba-dcdn, ncloud, ctyun-zos, yandex or s3
  KEYSWEEP_CONTAINER           the bucket, or the namespace of a key-value store
  KEYS_FILE                    the keys to delete, one a line, UTF-8, of any size
and, unless the provider's own variables are set (see below):
  KEYSWEEP_ACCESS_KEY_ID       the id of the access key
  KEYSWEEP_SECRET_ACCESS_KEY   its secret
  KEYSWEEP_SESSION_TOKEN       with temporary credentials
  KEYSWEEP_IAM_TOKEN           Yandex only, in place of an access key
where needed:
  KEYSWEEP_REGION              s3: the region to sign for (us-east-1 with an endpoint); ctyun-zos: the regionID
  KEYSWEEP_ENDPOINT            where the store is, if not at the provider's usual address
at will (1 stands for anything but 0, false, no and off):
  KEYSWEEP_DRY_RUN=1           checks, cuts and encodes all keys, and sends nothing
  KEYSWEEP_SHOW_KEYS=1         shows a few of the failed keys; without it no key is printed
  KEYSWEEP_DEMO_KEYS           emulated cloud only: keys a store, 25000 unless set

The provider's own variables: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION (s3);
ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET, ALIBABA_CLOUD_SECURITY_TOKEN (alibaba-*);
NCLOUD_ACCESS_KEY, NCLOUD_SECRET_KEY (ncloud).`

/** Something is missing or wrong in the variables; the message names it. */
export class MisconfiguredError extends Error {}

export type Environment = Readonly<Record<string, string | undefined>>

/** What all six clients have in common for this program. */
export interface Sweeper {
  deleteBatches(keys: Source<string>, options?: DeleteOptions & ObjectDeleteOptions): AsyncIterableIterator<DeleteBatch>
}

interface Connection {
  readonly container: string
  readonly region: string | undefined
  readonly common: { readonly endpoint?: string }
}

interface ProviderSettings {
  /** The provider's own names for id, secret and session token. */
  readonly ownNames?: readonly [id: string, secret: string, token?: string]
  readonly takesIamToken?: boolean
  /** Why a region must be given, if it must. */
  readonly needsRegion?: string
  connect(connection: Connection, credentials: Credentials): Sweeper
}

const ALIBABA = [
  'ALIBABA_CLOUD_ACCESS_KEY_ID',
  'ALIBABA_CLOUD_ACCESS_KEY_SECRET',
  'ALIBABA_CLOUD_SECURITY_TOKEN',
] as const

const PROVIDERS: Readonly<Record<string, ProviderSettings>> = {
  'alibaba-esa': {
    ownNames: ALIBABA,
    connect: ({ container, common }, credentials) =>
      new EsaKvClient({ ...common, namespace: container, credentials: credentials as KeyPair }),
  },
  'alibaba-dcdn': {
    ownNames: ALIBABA,
    connect: ({ container, common }, credentials) =>
      new DcdnKvClient({ ...common, namespace: container, credentials: credentials as KeyPair }),
  },
  ncloud: {
    ownNames: ['NCLOUD_ACCESS_KEY', 'NCLOUD_SECRET_KEY'],
    connect: ({ container, region, common }, credentials) =>
      new NcloudStorageClient({
        ...common,
        ...(region && { region }),
        bucket: container,
        credentials: credentials as KeyPair,
      }),
  },
  'ctyun-zos': {
    needsRegion: 'the regionID of the bucket',
    connect: ({ container, region = '', common }, credentials) =>
      new CtyunZosClient({ ...common, bucket: container, regionId: region, credentials: credentials as KeyPair }),
  },
  yandex: {
    takesIamToken: true,
    connect: ({ container, region, common }, credentials) =>
      new YandexStorageClient({ ...common, ...(region && { region }), bucket: container, credentials }),
  },
  s3: {
    ownNames: ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'],
    needsRegion: 'the region to sign for, such as us-east-1',
    connect: ({ container, region = '', common }, credentials) =>
      new S3StorageClient({ ...common, bucket: container, region, credentials: credentials as KeyPair }),
  },
}

export interface Settings {
  readonly provider: string
  readonly container: string
  readonly keysFile: string
  readonly client: Sweeper
  readonly dryRun: boolean
  readonly showKeys: boolean
}

/** @throws {MisconfiguredError} Naming every variable that is missing. */
export function readSettings(environment: Environment): Settings {
  const provider = environment.KEYSWEEP_PROVIDER ?? ''
  const settings = Object.hasOwn(PROVIDERS, provider) ? PROVIDERS[provider] : undefined
  if (!settings) throw new MisconfiguredError(`KEYSWEEP_PROVIDER must be one of ${Object.keys(PROVIDERS).join(', ')}`)
  const missing: string[] = []
  const required = (name: string, what: string) => {
    const value = environment[name]
    if (!value) missing.push(`${name} is not set: ${what}`)
    return value ?? ''
  }
  const container = required('KEYSWEEP_CONTAINER', 'the bucket or namespace')
  const keysFile = required('KEYS_FILE', 'the file with the keys to delete, one a line')
  const credentials = credentialsOf(environment, settings, required)
  const { needsRegion } = settings
  const region = regionOf(provider, environment)
  if (needsRegion && !region) missing.push(`KEYSWEEP_REGION is not set: ${needsRegion}`)
  if (missing.length > 0) throw new MisconfiguredError(missing.join('\n'))
  const endpoint = environment.KEYSWEEP_ENDPOINT
  const client = settings.connect({ container, region, common: endpoint ? { endpoint } : {} }, credentials)
  // Whoever writes anything else means it: a dry run that is spelt oddly must delete nothing.
  const isSet = (name: string) => !['', '0', 'false', 'no', 'off'].includes((environment[name] ?? '').toLowerCase())
  return {
    provider,
    container,
    keysFile,
    client,
    dryRun: isSet('KEYSWEEP_DRY_RUN'),
    showKeys: isSet('KEYSWEEP_SHOW_KEYS'),
  }
}

/** Nearly every store but AWS itself takes `us-east-1`. */
function regionOf(
  provider: string,
  { KEYSWEEP_REGION, KEYSWEEP_ENDPOINT, AWS_REGION }: Environment,
): string | undefined {
  if (KEYSWEEP_REGION) return KEYSWEEP_REGION
  if (provider !== 's3') return undefined
  return AWS_REGION || (KEYSWEEP_ENDPOINT ? 'us-east-1' : undefined)
}

/** One whole set of names is used, never the id of one with the secret of another. */
function credentialsOf(
  environment: Environment,
  { ownNames, takesIamToken }: ProviderSettings,
  required: (name: string, what: string) => string,
): KeyPair | IamToken {
  const iamToken = environment.KEYSWEEP_IAM_TOKEN
  if (takesIamToken && iamToken) return { iamToken }
  const isOwn = !environment.KEYSWEEP_ACCESS_KEY_ID && !environment.KEYSWEEP_SECRET_ACCESS_KEY
  const names =
    isOwn && ownNames && environment[ownNames[0]]
      ? ownNames
      : (['KEYSWEEP_ACCESS_KEY_ID', 'KEYSWEEP_SECRET_ACCESS_KEY', 'KEYSWEEP_SESSION_TOKEN'] as const)
  const sessionToken = names[2] && environment[names[2]]
  const instead = takesIamToken ? ' (or set KEYSWEEP_IAM_TOKEN)' : ''
  return {
    accessKeyId: required(names[0], `the id of the access key${instead}`),
    secretAccessKey: required(names[1], `the secret of the access key${instead}`),
    ...(sessionToken && { sessionToken }),
  }
}
