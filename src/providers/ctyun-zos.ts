import { type Frame, wholeText } from '../bodies/whole-text.js'
import { utf8, utf8Length } from '../bytes.js'
import * as check from '../check.js'
import { DeleteClient, type Provider } from '../client.js'
import type { KeyPair, RemoteKey } from '../credentials.js'
import { type Endpoint, endpointOf, targetOf } from '../endpoint.js'
import { readDeletedObjects, readEcho } from '../families/ctyun-answers.js'
import type { DeletedDetail } from '../families/s3-answers.js'
import { keyFlaw, keyOf, type ObjectKey, strayMember, textFlaw, versionOf } from '../items.js'
import { isWhole, type Mode, type Operation, wholeStrings } from '../operation.js'
import type { ClientOptions } from '../options.js'
import { signed } from '../signers/authorize.js'
import { eopSigner } from '../signers/eop.js'
import { memberOf } from '../untrusted.js'

export interface CtyunZosOptions extends ClientOptions<KeyPair | RemoteKey> {
  /** Its name alone: neither a URL nor a prefix of keys. */
  readonly bucket: string
  /** The id of the resource pool, as `list-regions` gives it. */
  readonly regionId: string
  /** Default `https://zos-global.ctapi.ctyun.cn`, which serves all regions. */
  readonly endpoint?: string | URL | undefined
}

/** Stated for the store's S3 side; the page of this call gives no number, so assumed. */
const MOST_OBJECTS = 1000
/** Assumed: no number is documented. Half of what Ceph, which is behind it, takes. */
const MOST_BODY_BYTES = 524_288
const LONGEST_KEY_BYTES = 1024

/**
 * Deletes from CTyun ZOS with `POST /v4/oss/delete-objects`: up to 1,000 keys and 524,288 bytes a request (both assumed).
 *
 * `quiet` is sent and believed, but its page contradicts itself; without it every deletion is confirmed by name.
 *
 * @example
 * const store = new CtyunZosClient({ bucket: 'photos', regionId, credentials })
 * const { deleted, failed } = await store.deleteMany(keys)
 */
export class CtyunZosClient extends DeleteClient<ObjectKey> {
  constructor(options: CtyunZosOptions) {
    check.object(options, 'options')
    check.text(options.bucket, 'bucket')
    check.text(options.regionId, 'regionId')
    super(provider(options, endpointOf(options, 'https://zos-global.ctapi.ctyun.cn')), options)
  }
}

function provider({ bucket, regionId }: CtyunZosOptions, endpoint: Endpoint): Provider<ObjectKey> {
  return {
    name: 'ctyun-zos',
    authorize: signed(eopSigner()),
    // No page of its documentation speaks of CORS; assumed.
    refusesPages: endpoint.signingHost === undefined,
    deletes: deleteObjects(bucket, regionId, endpoint),
  }
}

function deleteObjects(bucket: string, regionId: string, endpoint: Endpoint): Operation<ObjectKey, DeletedDetail> {
  const { base, host, pathPrefix } = targetOf(endpoint)
  const head = `{"bucket":${JSON.stringify(bucket)},"regionID":${JSON.stringify(regionId)},"delete":{"objects":[`
  const tail = ({ quiet }: Mode) => (quiet ? '],"quiet":true}}' : ']}}')
  return {
    name: 'delete-objects',
    maxItems: MOST_OBJECTS,
    maxBytes: MOST_BODY_BYTES,
    envelopeBytes: utf8(head).length + tail({ quiet: true, bypassGovernance: false }).length,
    write: (item) =>
      keyFlaw(item, LONGEST_KEY_BYTES) ??
      strayMember(item, ['eTag', 'lastModified', 'size'], 'ctyun-zos') ??
      textFlaw('versionId', memberOf(item, 'versionId')) ??
      objectJson(item),
    measure: (text) => utf8Length(text) + 1,
    interchangeable: () => true,
    whole: wholeStrings((keys, mode, room) =>
      wholeText(keys, LONGEST_KEY_BYTES, { ...FRAME, head: head + FRAME.head, tail: FRAME.tail + tail(mode) }, room),
    ),
    encode: (items, mode, written = items.map(objectJson)) => ({
      method: 'POST',
      base,
      host,
      path: `${pathPrefix}/v4/oss/delete-objects`,
      query: '',
      headers: { 'content-type': 'application/json' },
      body: isWhole(written) ? written.body : utf8(head + written.join(',') + tail(mode)),
    }),
    decode(answer, items, { quiet }, whole) {
      const asked = { quiet, bucket }
      return (whole && readEcho(answer, items, asked)) ?? readDeletedObjects(answer, items, asked)
    },
  }
}

/** Keys that JSON spells as they are, written as `objectJson` does. */
const FRAME: Frame = { head: '{"key":"', between: '"},{"key":"', tail: '"}', special: ['"', '\\'] }

function objectJson(item: ObjectKey): string {
  const version = versionOf(item)
  const key = JSON.stringify(keyOf(item))
  return version === undefined ? `{"key":${key}}` : `{"key":${key},"versionID":${JSON.stringify(version)}}`
}
