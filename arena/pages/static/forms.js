// Forms: what is typed goes to the API as JSON; a refusal stands at the field it is about, and nothing typed is lost.
import { done } from './api.js'
import { word } from './words.js'

const controls = (form) => [...form.elements].filter((control) => control.name)

class Unreadable extends Error {}

function header(line) {
  const [name, ...value] = line.split(':')
  if (!name.trim() || value.length === 0) throw new Unreadable('not-a-header')
  return [name.trim(), value.join(':').trim()]
}

const lines = (text) => text.split('\n').map((line) => line.trim()).filter(Boolean)

function json(text) {
  try {
    return JSON.parse(text)
  } catch {
    throw new Unreadable('not-json')
  }
}

function number(text) {
  const value = Number(text.replace(',', '.'))
  if (!Number.isFinite(value)) throw new Unreadable('not-a-number')
  return value
}

const READ = {
  json,
  number,
  lines,
  headers: (text) => Object.fromEntries(lines(text).map(header)),
  boolean: (text) => text === 'true',
}

// What a control says; undefined where it says nothing.
export function value(control) {
  if (control.type === 'checkbox') return control.checked || undefined
  const text = control.type === 'password' ? control.value : control.value.trim()
  if (!text) return undefined
  return (READ[control.dataset.as] ?? String)(text)
}

// Everything the form says, with “card.version” below “card”.
export function values(form, chosen = controls(form)) {
  const said = {}
  for (const control of chosen) {
    const given = value(control)
    if (given === undefined) continue
    const [name, below] = control.name.split('.')
    if (below) said[name] = { ...said[name], [below]: given }
    else said[name] = given
  }
  return said
}

// A sentence, with the entry that it names as a link.
function linked(sentence) {
  return sentence.split(/(\/contenders\/[a-z0-9.-]*[a-z0-9-])/).map((part, place) => {
    if (place % 2 === 0) return part
    const link = document.createElement('a')
    link.href = part
    link.textContent = part
    return link
  })
}

function clear(form) {
  for (const field of form.querySelectorAll('.field.wrong')) {
    field.classList.remove('wrong')
    field.querySelector('.error').replaceChildren()
    field.querySelector('[aria-invalid]').removeAttribute('aria-invalid')
  }
  const general = form.querySelector('[data-refusal]')
  general.replaceChildren()
  general.hidden = true
}

// A card's field goes before one of the same name beside the card, which people choose and do not write.
function fieldOf(form, name) {
  const last = name.split('.').at(-1)
  const names = [name, `card.${last}`, last]
  return names.map((one) => form.querySelector(`[data-field="${CSS.escape(one)}"]`)).find(Boolean)
}

function mark(field, sentence) {
  const control = field.querySelector('input, select, textarea')
  field.classList.add('wrong')
  field.querySelector('.error').replaceChildren(...linked(sentence))
  control.setAttribute('aria-invalid', 'true')
  const fold = field.closest('details')
  if (fold) fold.open = true
  return control
}

export function refuse(form, sentence, name = '') {
  const field = name ? fieldOf(form, name) : null
  if (field) {
    mark(field, sentence).focus()
    return
  }
  const general = form.querySelector('[data-refusal]')
  general.replaceChildren(...linked(sentence))
  general.hidden = false
  general.scrollIntoView({ block: 'nearest' })
}

// What the page can tell by itself, before anybody is asked.
function complete(form) {
  const wrong = []
  for (const control of controls(form)) {
    try {
      if (control.required && value(control) === undefined) wrong.push(mark(control.closest('.field'), word('missing')))
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error
      wrong.push(mark(control.closest('.field'), word(error.message)))
    }
  }
  wrong[0]?.focus()
  return wrong.length === 0
}

// Sends a form by `send(form)` and goes on with `then(body)`; `names` says which field stands for another's name.
export function sends(form, send, then, names = {}) {
  const button = form.querySelector('button:not([type="button"])')
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    clear(form)
    if (button.disabled || !complete(form)) return
    button.disabled = true
    const answer = await send(form)
    button.disabled = false
    if (done(answer)) then(answer.body)
    else refuse(form, answer.detail || word('unreachable'), names[answer.body?.field] ?? answer.body?.field)
  })
  button.disabled = false
}

// What was typed outlives a reload, in this tab alone; secrets never do. A browser may forbid storage.
export function keeps(form) {
  const name = `form ${form.dataset.draft}`
  const open = controls(form).filter((control) => control.type !== 'password' && control.dataset.secret === undefined)
  const state = (control) => (control.type === 'checkbox' ? control.checked : control.value)
  const keep = () => {
    const typed = Object.fromEntries(open.map((control) => [control.name, state(control)]))
    try { sessionStorage.setItem(name, JSON.stringify(typed)) } catch { /* see above */ }
  }
  const forget = () => {
    form.removeEventListener('input', keep)
    try { sessionStorage.removeItem(name) } catch { /* see above */ }
  }
  try {
    for (const [key, typed] of Object.entries(JSON.parse(sessionStorage.getItem(name)) ?? {})) {
      const control = form.elements[key]
      if (control) control[control.type === 'checkbox' ? 'checked' : 'value'] = typed
    }
  } catch { /* see above */ }
  form.addEventListener('input', keep)
  return forget
}
