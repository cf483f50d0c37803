import type { StoreName } from './exchange.js'
import type { S3Store } from './s3-stores.js'

/** The providers' own host names; the first group of those that speak S3 is a bucket. */
const S3_HOSTS: Readonly<Record<S3Store, RegExp>> = {
  ncloud: /^(?:(.+)\.)?[a-z]{2,4}\.(?:object\.)?(?:[a-z]+-)?ncloudstorage\.com$/,
  yandex: /^(?:(.+)\.)?storage\.yandexcloud\.[a-z]+$/,
  s3: /^(?:(.+)\.)?s3[.-](?:[a-z0-9-]+\.)*amazonaws\.com(?:\.cn)?$/,
}

const HOSTS: Readonly<Record<StoreName, RegExp>> = {
  ...S3_HOSTS,
  'alibaba-esa': /^esa[a-z0-9.-]*\.aliyuncs\.com$/,
  'alibaba-dcdn': /^dcdn[a-z0-9.-]*\.aliyuncs\.com$/,
  'ctyun-zos': /^[a-z0-9.-]+\.ctapi(?:-test)?\.ctyun\.cn$/,
}

/** The store a host belongs to, by the providers' own names. */
export function storeOf(host: string): StoreName | undefined {
  const name = host.replace(/:\d+$/, '')
  return (Object.keys(HOSTS) as StoreName[]).find((store) => HOSTS[store].test(name))
}

/**
 * The bucket a host names, if any: under the provider's own name or `localhost`, whatever there is. Any other name may be
 * that of a machine; in its first part it names a bucket only where there is one, else the bucket stands in the path.
 */
export function bucketOf(store: S3Store, host: string, isBucket: (name: string) => boolean): string | undefined {
  const name = host.replace(/:\d+$/, '')
  const own = S3_HOSTS[store].exec(name) ?? LOCALHOST.exec(name)
  if (own) return own[1]
  if (IP_ADDRESS.test(name)) return undefined
  const [first = ''] = name.split('.')
  return first !== name && isBucket(first) ? first : undefined
}

const IP_ADDRESS = /^[\d.]+$|^\[/
const LOCALHOST = /^(?:(.+?)\.)??(?:s3\.)?localhost$/
