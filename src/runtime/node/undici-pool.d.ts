/** The part of undici that a client needs, without the rest; undici's own types only know it by the package's name. */
declare module 'undici/lib/dispatcher/pool.js' {
  export { Pool as default } from 'undici'
}
