import type { StoreName } from 'keysweep/emulator'
import { byId, chosen, element } from './elements.js'
import { keyElement } from './failure-table.js'
import { type KeyList, keysOfFile, keysOfText, sampleKeys } from './keys.js'
import { counted } from './words.js'

const BEHAVIOURS: Readonly<Record<string, string>> = {
  calm: 'Every request succeeds.',
  busy: 'Takes 25,000 keys a second, and throttles whoever sends more.',
  flaky: 'Fails requests, breaks connections, cuts answers short.',
  hostile: 'Denies keys, fails every third request, and breaks answers off.',
}

const SAMPLE_KEYS = 200_000
const PREVIEW = 3
/** Characters. A text area takes seconds to lay out more; such a text is kept beside it. */
const LONGEST_TYPED = 20_000

/** What is to be deleted, and from where. */
export interface Choice extends KeyList {
  readonly store: StoreName
  readonly storeName: string
  readonly behaviour: string
}

/** The form with the store, its behaviour and the keys. */
export class SetupForm {
  readonly #form = byId('setup', HTMLFormElement)
  readonly #go = byId('go', HTMLButtonElement)
  readonly #typed = byId('typed', HTMLTextAreaElement)
  readonly #file = byId('file', HTMLInputElement)
  #list: KeyList | undefined

  /**
   * @param onKeys Told of every other list of keys, and of none.
   * @param onGo Told when the button is pressed: to start or to stop.
   */
  constructor(
    private readonly onKeys: (keys: readonly string[]) => void,
    onGo: () => void,
  ) {
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault()
      onGo()
    })
    this.#form.addEventListener('change', () => this.#describe())
    this.#typed.addEventListener('input', () => this.#take({ name: '', keys: keysOfText(this.#typed.value) }))
    this.#typed.addEventListener('paste', (event) => {
      const text = event.clipboardData?.getData('text/plain') ?? ''
      if (text.length <= LONGEST_TYPED) return
      event.preventDefault()
      this.#keep({ name: 'Pasted', keys: keysOfText(text.replaceAll('\r\n', '\n')) })
    })
    byId('choose', HTMLButtonElement).addEventListener('click', () => this.#file.click())
    this.#file.addEventListener('change', () => void this.#read(this.#file.files?.[0]))
    for (const id of ['sample', 'try'])
      byId(id, HTMLButtonElement).addEventListener('click', () => this.#keep(sampleKeys(SAMPLE_KEYS)))
    byId('unload', HTMLButtonElement).addEventListener('click', () => {
      this.#typed.value = ''
      this.#keep(undefined)
      this.#typed.focus()
    })
    this.#acceptDrops()
    this.#describe()
  }

  get choice(): Choice {
    const store = chosen(this.#form, 'store') as StoreName
    const tile = this.#form.querySelector('input[name=store]:checked + span')
    return {
      store,
      storeName: tile?.firstChild?.textContent?.trim() ?? store,
      behaviour: chosen(this.#form, 'behaviour'),
      name: this.#list?.name ?? '',
      keys: this.#list?.keys ?? [],
    }
  }

  /** While a run is on, the one thing to do here is to stop it. */
  setRunning(isRunning: boolean): void {
    for (const id of ['stores', 'behaviours', 'keys']) byId(id, HTMLFieldSetElement).disabled = isRunning
    this.#go.classList.toggle('stop', isRunning)
    this.#label(isRunning)
  }

  #label(isRunning: boolean): void {
    const length = this.#list?.keys.length ?? 0
    this.#go.disabled = length === 0
    this.#go.textContent = isRunning ? 'Stop' : length === 0 ? 'Delete' : `Delete ${counted(length, 'key')}`
  }

  #describe(): void {
    byId('behaviour', HTMLElement).textContent = BEHAVIOURS[chosen(this.#form, 'behaviour')] ?? ''
  }

  /** Takes a list as long as it is typed. */
  #take(list: KeyList | undefined): void {
    this.#list = list
    byId('keys-error', HTMLElement).textContent = ''
    this.#label(false)
    this.onKeys(list?.keys ?? [])
  }

  /** Takes a list whole, and shows its beginning in place of the text area. */
  #keep(list: KeyList | undefined): void {
    byId('source', HTMLElement).hidden = list !== undefined
    byId('loaded', HTMLElement).hidden = list === undefined
    byId('loaded-count', HTMLElement).textContent = counted(list?.keys.length ?? 0, 'key')
    byId('loaded-name', HTMLElement).textContent = list?.name ?? ''
    const first = list?.keys.slice(0, PREVIEW) ?? []
    byId('loaded-keys', HTMLOListElement).replaceChildren(...first.map((key) => element('li', 'key', keyElement(key))))
    this.#take(list)
  }

  async #read(file: File | undefined): Promise<void> {
    if (!file) return
    try {
      this.#keep(await keysOfFile(file))
    } catch (error) {
      if (!(error instanceof TypeError)) throw error
      byId('keys-error', HTMLElement).textContent = `${file.name} is not UTF-8 text, so its keys cannot be told.`
    } finally {
      // So that the same file can be chosen again.
      this.#file.value = ''
    }
  }

  #acceptDrops(): void {
    const { classList } = document.body
    addEventListener('dragover', (event) => {
      event.preventDefault()
      classList.add('dropping')
    })
    addEventListener('dragleave', (event) => {
      if (event.relatedTarget === null) classList.remove('dropping')
    })
    addEventListener('drop', (event) => {
      event.preventDefault()
      classList.remove('dropping')
      if (!byId('keys', HTMLFieldSetElement).disabled) void this.#read(event.dataTransfer?.files[0])
    })
  }
}
