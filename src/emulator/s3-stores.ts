import type { Integrity } from './s3-integrity.js'

/** The stores that speak S3. */
export type S3Store = 's3' | 'ncloud' | 'yandex'

/** In what a store that speaks S3 differs from the others. */
export interface S3Traits {
  readonly region: { readonly allowed: RegExp; readonly name: string }
  readonly integrity: Integrity
  /** Whether an IAM token may stand for a signature. */
  readonly takesIamTokens: boolean
  /** A quiet delete without errors is answered with nothing at all. */
  readonly quietIsEmpty: boolean
  /** Deletions in a bucket without versions name the version `null`. */
  readonly namesNullVersion: boolean
  /** A version id that cannot be one fails its key with `InvalidArgument`; elsewhere it counts as already deleted. */
  readonly versionId?: RegExp
  /** An object that is not as described: fails its key, or is kept though reported as deleted, or the description is ignored. */
  readonly conditions: 'honoured' | 'silent' | 'ignored'
}

export const S3_STORES: Readonly<Record<S3Store, S3Traits>> = {
  s3: {
    region: { allowed: /^[a-z0-9-]+$/, name: 'us-east-1' },
    integrity: 'either',
    takesIamTokens: false,
    quietIsEmpty: false,
    namesNullVersion: false,
    conditions: 'honoured',
  },
  ncloud: {
    region: { allowed: /^(?:krs?|us|sg|jp|de|gov2?)(?:-standard)?$/, name: 'kr' },
    integrity: 'either',
    takesIamTokens: false,
    quietIsEmpty: false,
    namesNullVersion: false,
    versionId: /^(?:null|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i,
    conditions: 'silent',
  },
  yandex: {
    // Public code signs for several regions; none is known to be refused.
    region: { allowed: /^[a-z0-9-]+$/, name: 'ru-central1' },
    integrity: 'md5',
    takesIamTokens: true,
    quietIsEmpty: true,
    namesNullVersion: true,
    conditions: 'ignored',
  },
}
