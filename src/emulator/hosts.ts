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
 * The bucket a host names, if any: under the provider's own name, else before the first dot.
 * An IP address names none, nor does `localhost`.
 */
export function bucketOf(store: S3Store, host: string): string | undefined {
  const name = host.replace(/:\d+$/, '')
  const own = S3_HOSTS[store].exec(name)
  if (own) return own[1]
  if (/^[\d.]+$|^\[/.test(name)) return undefined
  return /^(?!s3\.)([^.]+)\./.exec(name)?.[1]
}
