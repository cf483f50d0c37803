import { Refusal } from './exchange.js'
import { escaped } from './raw.js'
import { xmlElements } from './s3-answers.js'
import type { Query } from './s3-query.js'

/** What every kind of list can be asked for. */
export const LIST_PARAMETERS = ['prefix', 'delimiter', 'max-keys', 'encoding-type'] as const
const MOST_KEYS = 1000

/** What a list is to hold, and how it is written. */
export interface Listing {
  readonly prefix: string
  readonly delimiter: string
  readonly most: number
  readonly encode: (text: string) => string
  readonly encodingType: string | undefined
}

export const readListing = (query: Query): Listing => ({
  prefix: query.get('prefix') ?? '',
  delimiter: query.get('delimiter') ?? '',
  most: mostOf(query),
  encode: encoderOf(query),
  encodingType: query.get('encoding-type') || undefined,
})

/** What every kind of list repeats of what it was asked for. */
export const listingMembers = (
  bucket: string,
  { prefix, delimiter, most, encode, encodingType }: Listing,
): Readonly<Record<string, string | number | undefined>> => ({
  Name: bucket,
  Prefix: encode(prefix),
  Delimiter: delimiter === '' ? undefined : encode(delimiter),
  MaxKeys: most,
  EncodingType: encodingType,
})

/** Whose all objects are: nothing here knows of owners, but clients expect one. */
export const OWNER: string = `<Owner>${xmlElements({ ID: 'emulator' })}</Owner>`

/** Lists have whole seconds, as the header of an object has. */
export const listedTime = (modified: number): string => new Date(Math.floor(modified / 1000) * 1000).toISOString()

/** Stands for all keys that begin so. */
export const commonPrefix = (encoded: string): string =>
  `<CommonPrefixes>${xmlElements({ Prefix: encoded })}</CommonPrefixes>`

export const invalidArgument = (message: string, name: string, value: string): Refusal =>
  new Refusal(400, 'InvalidArgument', message, { ArgumentName: name, ArgumentValue: value })

function mostOf(query: Query): number {
  const asked = query.get('max-keys') || String(MOST_KEYS)
  if (!/^\d{1,9}$/.test(asked))
    throw invalidArgument('Provided max-keys not an integer or within integer range', 'max-keys', asked)
  return Math.min(Number(asked), MOST_KEYS)
}

function encoderOf(query: Query): (text: string) => string {
  const type = query.get('encoding-type') ?? ''
  if (type === '') return (text) => text
  if (type !== 'url') throw invalidArgument('Invalid Encoding Method specified in Request', 'encoding-type', type)
  return (text) => escaped(text).replaceAll('%2F', '/')
}
