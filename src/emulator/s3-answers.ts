import { type Outgoing, Refusal } from './exchange.js'

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'

/** The namespace of all S3 documents. */
export const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/'

const REFERENCES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** Text for an XML element. What XML cannot say, as some keys hold, becomes a reference all the same, as S3 does. */
export const xmlText = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that need a reference
  /[&<>"\0-\x08\x0b-\x1f\x7f-\x9f\u2028\ufffe\uffff]/.test(text)
    ? // biome-ignore lint/suspicious/noControlCharactersInRegex: as above
      text.replace(/[&<>"\0-\x08\x0b-\x1f\x7f-\x9f\u2028\ufffe\uffff]/g, (char) => {
        return REFERENCES[char] ?? `&#${char.charCodeAt(0)};`
      })
    : text

/** An element for each member that is there. */
export const xmlElements = (members: Readonly<Record<string, string | number | boolean | undefined>>): string =>
  Object.entries(members)
    .map(([name, value]) => (value === undefined ? '' : `<${name}>${xmlText(String(value))}</${name}>`))
    .join('')

/** An answer with an XML document in it. */
export const xmlAnswer = (status: number, document: string): Outgoing => ({
  status,
  headers: { 'content-type': 'application/xml' },
  body: DECLARATION + document,
})

/** A refusal as S3 words it. */
export const errorDocument = ({ code, message, details }: Refusal, resource: string, requestId: string): string =>
  `<Error>${xmlElements({ Code: code, Message: message, ...details, Resource: resource, RequestId: requestId })}</Error>`

/** What S3 says with each code that needs nothing added: status and message. */
const KNOWN: Readonly<Record<string, readonly [status: number, message: string]>> = {
  AccessDenied: [403, 'Access Denied'],
  BadDigest: [400, 'The Content-MD5 you specified did not match what we received.'],
  ExpiredToken: [400, 'The provided token has expired.'],
  IllegalVersioningConfigurationException: [400, 'The Versioning element must be specified'],
  IncompleteBody: [400, 'You did not provide the number of bytes specified by the Content-Length HTTP header'],
  InternalError: [500, 'We encountered an internal error. Please try again.'],
  InvalidArgument: [400, 'Invalid version id specified'],
  InvalidBucketState: [
    409,
    'An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.',
  ],
  InvalidDigest: [400, 'The Content-MD5 you specified was invalid.'],
  InvalidRequest: [400, 'Invalid Request'],
  InvalidURI: [400, "Couldn't parse the specified URI."],
  InvalidRange: [416, 'The requested range is not satisfiable'],
  KeyTooLongError: [400, 'Your key is too long'],
  MalformedTrailerError: [
    400,
    'The request contained trailing data that was not well-formed or did not conform to our published schema.',
  ],
  MalformedXML: [400, 'The XML you provided was not well-formed or did not validate against our published schema'],
  MaxMessageLengthExceeded: [400, 'Your request was too large.'],
  MethodNotAllowed: [405, 'The specified method is not allowed against this resource.'],
  MissingContentLength: [411, 'You must provide the Content-Length HTTP header.'],
  MissingRequestBodyError: [400, 'Request Body is empty'],
  NoSuchBucket: [404, 'The specified bucket does not exist'],
  NoSuchKey: [404, 'The specified key does not exist.'],
  NoSuchVersion: [404, 'The specified version does not exist.'],
  NotImplemented: [501, 'A header you provided implies functionality that is not implemented.'],
  OperationAborted: [409, 'A conflicting conditional operation is currently in progress against this resource.'],
  PreconditionFailed: [412, 'At least one of the preconditions you specified did not hold.'],
  RequestTimeout: [
    400,
    'Your socket connection to the server was not read from or written to within the timeout period.',
  ],
  ServiceUnavailable: [503, 'Service is unable to handle request.'],
  SlowDown: [503, 'Please reduce your request rate.'],
  TemporaryRedirect: [
    307,
    'Please re-send this request to the specified temporary endpoint. Continue to use the original request endpoint for future requests.',
  ],
  TooManyRequests: [429, 'Please reduce your request rate.'],
}

/** The message that goes with a code. */
export const messageOf = (code: string): string => KNOWN[code]?.[1] ?? code

/** A refusal with its usual status and message. */
export const refusal = (code: string, details?: Record<string, string>, headers?: Record<string, string>): Refusal =>
  new Refusal(KNOWN[code]?.[0] ?? 400, code, messageOf(code), details, headers)

/** The refusal of what a store may well know, and the emulator does not. */
export const notImplemented = (what: string): Refusal =>
  new Refusal(501, 'NotImplemented', `The emulator does not implement ${what}.`)

const FAILURES: Readonly<Record<number, string>> = {
  307: 'TemporaryRedirect',
  400: 'RequestTimeout',
  403: 'AccessDenied',
  404: 'NoSuchBucket',
  409: 'OperationAborted',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
}

/** What S3 says with a status when it fails for no fault of the request's. */
export const failure = (status: number): Refusal => {
  const code = FAILURES[status] ?? 'InternalError'
  return new Refusal(status, code, messageOf(code))
}
