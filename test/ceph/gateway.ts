import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { freePorts } from '../ports.js'
import { count } from './tally.js'

/** The programs that are started here, and the Debian packages that hold them. */
const PACKAGES: Readonly<Record<string, string>> = {
  'ceph-mon': 'ceph-mon',
  'ceph-osd': 'ceph-osd',
  radosgw: 'radosgw',
  'radosgw-admin': 'radosgw',
  ceph: 'ceph-common',
  monmaptool: 'ceph-common',
}

/** Paths of Unix sockets end at 107 bytes, and their names need some of them. */
const LONGEST_FOLDER_BYTES = 80
/** The monitor takes one, the gateway one, the storage daemon the rest. */
const PORTS = 10
const PATIENCE_MS = 30_000

export const FAULTS = 'Faults made'

export interface Account {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** A Ceph cluster of one monitor, one storage daemon in memory and one RADOS Gateway, which can be made to fail. */
export interface Gateway {
  /** For path style. */
  readonly endpoint: string
  /** For virtual-host style. Node resolves no name under `localhost`, so a connection to it needs a lookup of its own. */
  readonly virtualEndpoint: string
  /** The account that the tests work with. */
  readonly owner: Account
  /** One that owns none of its buckets. */
  readonly stranger: Account
  /** Sets an option of the running gateway; a restart forgets it. Gives back what it was. */
  config(option: string, value: string | number): Promise<string>
  /** Kills the gateway at once, in the middle of whatever it does. */
  kill(): Promise<void>
  /** Starts the gateway again; what is stored is still there. */
  restart(): Promise<void>
  /** Halts the gateway: connections are taken and nothing is answered. */
  pause(): void
  resume(): void
  /** Halts the storage daemon: requests stall. */
  pauseStorage(): void
  resumeStorage(): void
  /** Ends everything and removes what is on disk. */
  stop(): Promise<void>
}

const run = promisify(execFile)

/**
 * Boots a cluster in a temporary folder. Needs no privileges and installs nothing.
 *
 * @throws {Error} Naming the Debian packages to install, where a program is missing.
 */
export async function startGateway(): Promise<Gateway> {
  requirePrograms()
  const folder = await mkdtemp(join(tmpdir(), 'keysweep-ceph-'))
  if (Buffer.byteLength(folder) > LONGEST_FOLDER_BYTES)
    throw new Error(`The temporary folder has a path of more than ${LONGEST_FOLDER_BYTES} bytes: ${folder}`)
  const cluster = new Cluster(folder, await freePorts(PORTS))
  try {
    await cluster.boot()
    return cluster
  } catch (error) {
    await cluster.stop()
    throw error
  }
}

class Cluster implements Gateway {
  readonly endpoint: string
  readonly virtualEndpoint: string
  readonly owner: Account = { accessKeyId: 'OWNERKEY', secretAccessKey: 'owner-secret-0123456789' }
  readonly stranger: Account = { accessKeyId: 'STRANGERKEY', secretAccessKey: 'stranger-secret-0123456789' }
  readonly #configuration: string
  readonly #monitorPort: number
  readonly #gatewayPort: number
  readonly #firstStoragePort: number
  readonly #clusterId = randomUUID()
  #monitor: Daemon | undefined
  #storage: Daemon | undefined
  #gateway: Daemon | undefined

  constructor(
    private readonly folder: string,
    firstPort: number,
  ) {
    this.#monitorPort = firstPort
    this.#gatewayPort = firstPort + 1
    this.#firstStoragePort = firstPort + 2
    this.#configuration = join(folder, 'ceph.conf')
    this.endpoint = `http://127.0.0.1:${this.#gatewayPort}`
    this.virtualEndpoint = `http://s3.localhost:${this.#gatewayPort}`
  }

  async boot(): Promise<void> {
    for (const name of ['mon', 'osd', 'rgw', 'run', 'log', 'crash']) await mkdir(join(this.folder, name))
    await writeFile(this.#configuration, this.#settings())
    const map = join(this.folder, 'monmap')
    const address = `[v2:127.0.0.1:${this.#monitorPort}]`
    await run('monmaptool', ['--create', '--fsid', this.#clusterId, '--addv', 'a', address, map])
    await this.#tool('ceph-mon', '--mkfs', '-i', 'a', '--monmap', map)
    this.#monitor = this.#daemon('ceph-mon', '-i', 'a')
    const storageId = randomUUID()
    const number = (await this.#tool('ceph', 'osd', 'new', storageId)).trim()
    if (number !== '0') throw new Error(`The storage daemon was given the number ${number}, not 0`)
    await this.#tool('ceph-osd', '-i', '0', '--mkfs', '--osd-uuid', storageId)
    this.#storage = this.#daemon('ceph-osd', '-i', '0')
    await until('the storage daemon', async () => {
      this.#storage?.check()
      return / 1 up/.test(await this.#tool('ceph', 'osd', 'stat'))
    })
    for (const [name, account] of Object.entries({ owner: this.owner, stranger: this.stranger })) {
      const keys = [`--access-key=${account.accessKeyId}`, `--secret-key=${account.secretAccessKey}`]
      await this.#tool('radosgw-admin', 'user', 'create', `--uid=${name}`, `--display-name=${name}`, ...keys)
    }
    await this.restart()
  }

  async config(option: string, value: string | number): Promise<string> {
    const before = await this.#ask({ prefix: 'config get', var: option })
    await this.#ask({ prefix: 'config set', var: option, val: [String(value)] })
    return String(before[option])
  }

  async kill(): Promise<void> {
    count(FAULTS, 'gateway killed with SIGKILL', 'times')
    await this.#gateway?.end('SIGKILL')
    this.#gateway = undefined
  }

  async restart(): Promise<void> {
    await this.#gateway?.end('SIGTERM')
    this.#gateway = this.#daemon('radosgw', '-n', 'client.rgw.a')
    await until('the gateway', async () => {
      this.#gateway?.check()
      const response = await fetch(this.endpoint)
      await response.arrayBuffer()
      return response.status === 200
    })
  }

  pause(): void {
    count(FAULTS, 'gateway halted with SIGSTOP', 'times')
    this.#gateway?.signal('SIGSTOP')
  }

  resume(): void {
    this.#gateway?.signal('SIGCONT')
  }

  pauseStorage(): void {
    count(FAULTS, 'storage halted with SIGSTOP', 'times')
    this.#storage?.signal('SIGSTOP')
  }

  resumeStorage(): void {
    this.#storage?.signal('SIGCONT')
  }

  async stop(): Promise<void> {
    this.resumeStorage()
    // Nothing of it is kept, so nothing has to end in good order.
    for (const daemon of [this.#gateway, this.#storage, this.#monitor]) await daemon?.end('SIGKILL')
    await rm(this.folder, { recursive: true, force: true })
  }

  async #tool(program: string, ...parameters: string[]): Promise<string> {
    const { stdout } = await run(program, ['-c', this.#configuration, ...parameters], { timeout: PATIENCE_MS })
    return stdout
  }

  #daemon(program: string, ...parameters: string[]): Daemon {
    return new Daemon(program, ['-c', this.#configuration, '-f', ...parameters], join(this.folder, 'log'))
  }

  /** The gateway's admin socket: a line of JSON and a zero byte go in, four bytes of length and JSON come out. */
  async #ask(question: object): Promise<Record<string, unknown>> {
    const socket = connect(join(this.folder, 'run', 'client.rgw.a.asok'))
    const chunks: Buffer[] = []
    socket.on('data', (chunk) => chunks.push(chunk))
    await once(socket, 'connect')
    const ended = once(socket, 'end')
    socket.write(`${JSON.stringify(question)}\0`)
    await ended
    socket.destroy()
    const answer = Buffer.concat(chunks)
    const text = answer.subarray(4, 4 + answer.readUInt32BE(0)).toString()
    const parsed = JSON.parse(text) as Record<string, unknown>
    if ('error' in parsed) throw new Error(`The gateway refused ${JSON.stringify(question)}: ${text}`)
    return parsed
  }

  #settings(): string {
    const inFolder = (name: string) => join(this.folder, name)
    return `[global]
fsid = ${this.#clusterId}
mon initial members = a
mon host = v2:127.0.0.1:${this.#monitorPort}
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind msgr1 = false
ms bind port min = ${this.#firstStoragePort}
ms bind port max = ${this.#firstStoragePort + PORTS - 3}
auth cluster required = none
auth service required = none
auth client required = none
auth allow insecure global id reclaim = false
# With no authentication there is no secure mode, which the gateway alone would insist on.
ms mon client mode = crc
run dir = ${inFolder('run')}
pid file = ${inFolder('run')}/$name.pid
admin socket = ${inFolder('run')}/$name.asok
log file = ${inFolder('log')}/$name.log
crash dir = ${inFolder('crash')}
mon data = ${inFolder('mon')}
osd data = ${inFolder('osd')}
rgw data = ${inFolder('rgw')}
keyring = ${inFolder('keyring')}
mon cluster log to file = false
mon data avail warn = 1
mon data avail crit = 0
mon allow pool size one = true
mon max pg per osd = 1000
# The default waits a second before each change of the map, and booting makes a dozen.
paxos propose interval = 0.02
paxos min wait = 0.005
osd objectstore = memstore
memstore device bytes = 2147483648
# A killed gateway watches on until then, and whatever touches a bucket's description waits for its answer.
osd client watch timeout = 2
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd min pg log entries = 50
osd max pg log entries = 100
osd pg log dups tracked = 100
debug mon = 0/0
debug osd = 0/0
debug ms = 0/0
debug paxos = 0/0
debug rgw = 0/0

[client.rgw.a]
rgw frontends = beast endpoint=127.0.0.1:${this.#gatewayPort}
rgw dns name = s3.localhost
rgw enable apis = s3, admin
rgw thread pool size = 32
rgw init timeout = 60
rgw run sync thread = false
rgw enable quota threads = false
rgw enable usage log = false
rgw dynamic resharding = false
`
  }
}

/** A program that runs in the foreground, so that it can be signalled without mistaking another for it. */
class Daemon {
  readonly #process: ChildProcess
  readonly #ended: Promise<unknown>
  #complaints = ''

  constructor(
    private readonly program: string,
    parameters: readonly string[],
    private readonly logs: string,
  ) {
    this.#process = spawn(program, parameters, { stdio: ['ignore', 'ignore', 'pipe'] })
    this.#ended = once(this.#process, 'exit')
    // The boot fails by `check`, with more to say.
    this.#ended.catch(() => {})
    this.#process.stderr?.on('data', (chunk: Buffer) => {
      this.#complaints = (this.#complaints + chunk.toString()).slice(-2000)
    })
    process.once('exit', this.#killNow)
  }

  readonly #killNow = () => this.#process.kill('SIGKILL')

  /** Throws where the program has ended by itself. */
  check(): void {
    if (this.#process.exitCode === null && this.#process.signalCode === null) return
    throw new Error(`${this.program} ended (logs: ${this.logs}): ${this.#complaints}`)
  }

  signal(name: NodeJS.Signals): void {
    this.#process.kill(name)
  }

  async end(name: NodeJS.Signals): Promise<void> {
    process.off('exit', this.#killNow)
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    this.#process.kill(name)
    await this.#ended
  }
}

function requirePrograms(): void {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean)
  const missing = Object.keys(PACKAGES).filter((program) => !folders.some((folder) => isProgram(join(folder, program))))
  if (missing.length === 0) return
  const packages = [...new Set(Object.values(PACKAGES))].join(' ')
  throw new Error(`${missing.join(', ')} not found. On Debian: apt-get install --no-install-recommends ${packages}`)
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Waits for something to be ready; what it throws while it is not counts as not yet. */
async function until(what: string, isReady: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + PATIENCE_MS
  let last: unknown
  while (Date.now() < end) {
    try {
      if (await isReady()) return
    } catch (error) {
      last = error
      if (error instanceof Error && error.message.includes(' ended (logs: ')) throw error
    }
    await sleep(20)
  }
  throw new Error(`${what} is not ready after ${PATIENCE_MS} ms`, { cause: last })
}
