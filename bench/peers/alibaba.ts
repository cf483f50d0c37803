import * as openapi from '@alicloud/openapi-client'
import { CREDENTIALS } from '../client/contender.js'

/** What both vendor clients take to reach a server on this machine. */
export const configFor = (endpoint: string): openapi.Config =>
  new openapi.Config({
    accessKeyId: CREDENTIALS.accessKeyId,
    accessKeySecret: CREDENTIALS.secretAccessKey,
    protocol: 'HTTP',
    endpoint: endpoint.replace('http://', ''),
  })

/** CommonJS with a default export arrives wrapped once or twice, depending on who loads it. */
export function constructorOf<Class>(module: { default: Class }): Class {
  const inner = module.default as Class | { default: Class }
  return typeof inner === 'function' ? inner : (inner as { default: Class }).default
}
