/** The element of the page with this id, of this class. */
export function byId<Kind extends Element>(id: string, kind: new () => Kind): Kind {
  const element = document.getElementById(id)
  if (!(element instanceof kind)) throw new Error(`the page has no ${kind.name} #${id}`)
  return element
}

/** An element with text or other elements in it. Text is never markup: a key may say anything. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  className: string,
  ...content: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name)
  if (className) made.className = className
  made.append(...content)
  return made
}

/** The radio button that is chosen, of those with this name. */
export function chosen(form: HTMLFormElement, name: string): string {
  return String(new FormData(form).get(name) ?? '')
}
