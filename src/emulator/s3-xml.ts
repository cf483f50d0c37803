import type { XmlElement } from '../bodies/xml-document.js'
import { childrenOf, readRoot, refuse, sourceOf, textOf } from './s3-document.js'

/** One `Object` of a DeleteObjects request, its texts as they were sent. */
export interface Target {
  readonly key: string
  readonly versionId?: string | undefined
  readonly eTag?: string | undefined
  readonly lastModified?: string | undefined
  readonly size?: string | undefined
}

/** What a DeleteObjects request says. */
export interface DeleteDocument {
  readonly targets: readonly Target[]
  readonly quiet: boolean
}

/**
 * Reads the body of DeleteObjects; throws where it is not XML 1.0 or not of the schema. Unknown and repeated elements, and
 * text between elements, are taken to be against the schema, for AWS does not say; any namespace is taken.
 */
export function readDelete(body: Uint8Array): DeleteDocument {
  const source = sourceOf(body)
  return readPlain(source) ?? readAny(source)
}

const HEAD = /(?:<\?xml version="1\.0"(?: encoding="(?:UTF|utf)-8")?\?>)?\n?<Delete(?: xmlns="[^"<&]*")?>/y
const KEY_ALONE = /<Object><Key>([^<&]+)<\/Key><\/Object>/y
const OBJECT = /<Object>((?:<(?:Key|VersionId|ETag|LastModifiedTime|Size)>[^<]*<\/\w+>)+)<\/Object>/y
const FIELD = /<(\w+)>([^<]*)<\/(\w+)>/g
const QUIET = /<Quiet>(true|false)<\/Quiet>/y
const END = /<\/Delete>\n?$/y

/** The compact form that clients send, in one pass; undefined at the first thing that is not part of it. */
function readPlain(source: string): DeleteDocument | undefined {
  // A raw CR means LF, and this sequence is not allowed in text: not for here.
  if (source.includes('\r') || source.includes(']]>')) return undefined
  let at = 0
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    const match = pattern.exec(source)
    if (match) at = pattern.lastIndex
    return match
  }
  if (!take(HEAD)) return undefined
  const targets: Target[] = []
  let quiet: string | undefined
  while (!take(END)) {
    const alone = take(KEY_ALONE)
    const object = alone ? null : take(OBJECT)
    const answer = alone || object ? null : take(QUIET)
    if (alone) targets.push({ key: alone[1] as string })
    else if (object) {
      const target = plainTarget(object[1] as string)
      if (!target) return undefined
      targets.push(target)
    } else if (answer && quiet === undefined) quiet = answer[1]
    else return undefined
  }
  return { targets, quiet: quiet === 'true' }
}

function plainTarget(fields: string): Target | undefined {
  const texts = new Map<string, string>()
  for (const [, name = '', raw = '', closing] of fields.matchAll(FIELD)) {
    const text = raw.includes('&') ? unescaped(raw) : raw
    if (name !== closing || texts.has(name) || text === undefined) return undefined
    texts.set(name, text)
  }
  return toTarget(texts)
}

const NAMED: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&apos;': "'",
  '&#xD;': '\r',
  '&#x0D;': '\r',
  '&#xA;': '\n',
  '&#x0A;': '\n',
  '&#x9;': '\t',
}

/** Text with the references that clients usually write; undefined where it has others. */
function unescaped(raw: string): string | undefined {
  let unknown = false
  const text = raw.replace(/&[^;]*;?/g, (reference) => {
    const char = NAMED[reference]
    if (char === undefined) unknown = true
    return char ?? ''
  })
  return unknown ? undefined : text
}

/** Any form, by a whole XML parser. */
function readAny(source: string): DeleteDocument {
  const targets: Target[] = []
  let quiet: string | undefined
  for (const child of childrenOf(readRoot(source, 'Delete'))) {
    if (child.name === 'Object') targets.push(anyTarget(child))
    else if (child.name === 'Quiet' && quiet === undefined) quiet = textOf(child).trim().toLowerCase()
    else refuse('an unknown or repeated element')
  }
  return { targets, quiet: quiet === 'true' }
}

const FIELDS = new Set(['Key', 'VersionId', 'ETag', 'LastModifiedTime', 'Size'])

function anyTarget(object: XmlElement): Target {
  const texts = new Map<string, string>()
  for (const child of childrenOf(object)) {
    if (!FIELDS.has(child.name) || texts.has(child.name)) refuse('an unknown or repeated element')
    texts.set(child.name, textOf(child))
  }
  return toTarget(texts)
}

/** An empty `VersionId` is as if absent: so Ceph answers. */
function toTarget(texts: ReadonlyMap<string, string>): Target {
  const key = texts.get('Key')
  if (!key) refuse('no key')
  const [eTag, lastModified, size] = [texts.get('ETag'), texts.get('LastModifiedTime'), texts.get('Size')]
  return { key, versionId: texts.get('VersionId') || undefined, eTag, lastModified, size }
}
