/** The part of undici that a client needs, without the rest; undici's own types know it by the package's name only. */
declare module 'undici/lib/dispatcher/pool.js' {
  import { Pool } from 'undici'
  export = Pool
}
