// The leaderboard's view: what the form says goes into the address, and the server says which lines that shows. The rows
// are here already, so they are only marked, ordered and left out. Without script the form does the same by itself.
import { listen } from './keys.js'

const DEBOUNCE_MILLISECONDS = 25
const MOST_KEPT = 50
// What fills a screen is shown at once, and what is below it moments later, so that a key never waits for a thousand rows.
const AT_ONCE = 40
const AT_A_TIME = 80
const DRAWN = ['columns', 'scale']
const form = document.querySelector('[data-view]')
const echo = form.querySelector('[data-echo]')
const search = form.elements.q
const policy = globalThis.trustedTypes?.createPolicy('arena-html', { createHTML: (html) => html })
const answers = new Map()
const rows = new Map()
let waiting = null
let filling = null
let resume = () => {}
let asking = null
let complete = false

const tables = () => [...document.querySelectorAll('[data-standings]')]

function keep(page) {
  for (const row of page.querySelectorAll('[data-contender]')) {
    if (!rows.has(row.dataset.contender)) rows.set(row.dataset.contender, row)
  }
}

// What the form says, without what goes without saying: the same address as the server gives the view.
function query() {
  const given = new URLSearchParams()
  const columns = []
  for (const [name, value] of new FormData(form)) {
    if (name === 'columns') columns.push(value)
    else if (value.trim() && value !== form.elements[name].dataset?.plain) given.append(name, value)
  }
  const usual = form.dataset.usual.split(',').filter((name) => name !== 'contender' && name !== 'rating' && name !== 'interval')
  const chosen = columns.filter((name) => name !== 'rating')
  if (chosen.length !== usual.length || chosen.some((name) => !usual.includes(name))) given.set('columns', columns.join(','))
  return given
}

// A page that came narrowed has not all rows; they are fetched once, when they are needed.
async function complement(given, signal) {
  const whole = new URLSearchParams([...given].filter(([name]) => name === 'at' || DRAWN.includes(name)))
  const answer = await fetch(`${location.pathname}?${whole}`, { signal })
  const html = await answer.text()
  const page = new DOMParser().parseFromString(policy ? policy.createHTML(html) : html, 'text/html')
  keep(page)
  const groups = new Set(tables().map((table) => table.dataset.standings))
  for (const section of page.querySelectorAll('[data-part]')) {
    const table = section.querySelector('[data-standings]')
    if (groups.has(table.dataset.standings)) continue
    for (const row of table.tBodies[0].rows) rows.set(row.dataset.contender, row)
    const after = [...document.querySelectorAll('[data-part]')].find((one) => Number(one.querySelector('[data-standings]').dataset.standings) > Number(table.dataset.standings))
    if (after) after.before(section)
    else document.querySelector('[data-take]').before(section)
  }
  complete = true
}

function write(element, pieces) {
  if (!element) return
  const plain = pieces.length === 1 && !pieces[0][1] && !element.firstElementChild
  if (plain) return
  element.replaceChildren(...pieces.map(([text, found]) => {
    if (!found) return text
    const mark = document.createElement('mark')
    mark.textContent = text
    return mark
  }))
}

// Rows stay where they are as long as their order does, so that a search moves nothing.
function order(body, wanted) {
  if (body.rows.length > 2 * wanted.length) return body.replaceChildren(...wanted)
  const shown = new Set(wanted)
  for (const row of [...body.rows]) if (!shown.has(row)) row.remove()
  let next = body.rows[0] ?? null
  for (const row of wanted) {
    if (row === next) next = row.nextElementSibling
    else body.insertBefore(row, next)
  }
}

function mark(line, pinned) {
  const row = rows.get(line.contender)
  row.classList.toggle('pinned', pinned.has(line.contender))
  write(row.querySelector('[data-name]'), line.name)
  write(row.querySelector('[data-organisation]'), line.organisation)
  const ranks = row.querySelector('[data-ranks]')
  if (ranks && ranks.textContent !== line.ranks) ranks.textContent = line.ranks
  return row
}

function show(answer) {
  const pinned = new Set(query().getAll('pin'))
  const bodies = new Map(tables().map((table) => [table.dataset.standings, []]))
  for (const line of answer.lines.slice(0, AT_ONCE)) {
    const row = mark(line, pinned)
    bodies.get(row.dataset.group).push(row)
  }
  const left = answer.lines.slice(AT_ONCE)
  const filled = new Set(answer.lines.map((line) => rows.get(line.contender).dataset.group))
  for (const table of tables()) {
    order(table.tBodies[0], bodies.get(table.dataset.standings))
    table.closest('[data-part]').hidden = !filled.has(table.dataset.standings)
  }
  tell('', false)
  echo.innerHTML = policy ? policy.createHTML(answer.echo) : answer.echo
  lead(answer)
  later(left, pinned)
}

function later(left, pinned) {
  clearTimeout(filling)
  resume = left.length ? () => { filling = setTimeout(() => fill(left, pinned)) } : () => {}
  resume()
}

function fill(left, pinned) {
  const bodies = new Map(tables().map((table) => [table.dataset.standings, table.tBodies[0]]))
  for (const line of left.slice(0, AT_A_TIME)) {
    const row = mark(line, pinned)
    bodies.get(row.dataset.group).append(row)
  }
  later(left.slice(AT_A_TIME), pinned)
}

function tell(words, wrong) {
  echo.textContent = words
  search.setAttribute('aria-invalid', String(wrong))
}

// Everything on the page that names the view names this one from now on.
function lead({ query: view, export: exported }) {
  const day = form.elements.at && `at=${encodeURIComponent(form.elements.at.value)}`
  const whole = [day, view].filter(Boolean).join('&')
  history.replaceState(null, '', whole ? `?${whole}` : location.pathname)
  for (const preset of form.querySelectorAll('[data-preset]')) {
    if (preset.dataset.preset === view) preset.setAttribute('aria-current', 'true')
    else preset.removeAttribute('aria-current')
  }
  for (const link of document.querySelectorAll('[data-export]')) {
    link.href = `${link.pathname}?${exported}&format=${link.dataset.export}`
  }
  const sorted = form.elements.sort.value
  for (const head of document.querySelectorAll('th[data-column]')) {
    if (head.dataset.column !== sorted.replace('-', '')) head.removeAttribute('aria-sort')
    else head.setAttribute('aria-sort', sorted.startsWith('-') ? 'descending' : 'ascending')
  }
}

async function ask(given, signal) {
  const address = String(given)
  if (answers.has(address)) return answers.get(address)
  const answer = await fetch(`${form.dataset.lines}?${address}`, { signal, headers: { accept: 'application/json' } })
  const body = await answer.json()
  if (answer.ok) {
    answers.set(address, body)
    if (answers.size > MOST_KEPT) answers.delete(answers.keys().next().value)
  }
  return answer.ok ? body : { detail: body.detail }
}

async function update() {
  asking?.abort()
  const { signal } = (asking = new AbortController())
  const given = query()
  try {
    const answer = await ask(given, signal)
    if (signal.aborted) return
    if (answer.lines === undefined) return refuse(answer.detail)
    // A newer release than this page's has other numbers.
    if (answer.release !== form.dataset.release) return location.replace(`?${given}`)
    if (!complete && answer.lines.some((line) => !rows.has(line.contender))) await complement(given, signal)
    if (!signal.aborted) show(answer)
  } catch (error) {
    if (error.name === 'AbortError') return
    tell(echo.dataset.away, false)
    resume()
  }
}

function refuse(words) {
  tell(words, true)
  resume()
}

// Whoever types has the page's whole attention; what is left of the table before waits.
function soon() {
  clearTimeout(waiting)
  clearTimeout(filling)
  waiting = setTimeout(update, DEBOUNCE_MILLISECONDS)
}

form.addEventListener('submit', (event) => {
  event.preventDefault()
  update()
})
form.addEventListener('input', (event) => {
  if (DRAWN.includes(event.target.name)) location.assign(`?${query()}`)
  else soon()
})
document.addEventListener('change', (event) => {
  if (event.target.name === 'pin') update()
})
document.addEventListener('click', (event) => {
  const head = event.target.closest('a[data-sort]')
  if (!head || event.ctrlKey || event.metaKey || event.shiftKey) return
  event.preventDefault()
  const { sort } = form.elements
  const first = head.dataset.high === 'true' ? `-${head.dataset.sort}` : head.dataset.sort
  const turned = sort.value.startsWith('-') ? sort.value.slice(1) : `-${sort.value}`
  sort.value = sort.value.replace('-', '') === head.dataset.sort ? turned : first
  update()
})

const copy = document.querySelector('[data-copy]')
copy.hidden = !navigator.clipboard
copy.addEventListener('click', async () => {
  const cited = document.querySelector('[data-cite]')
  await navigator.clipboard.writeText(`${cited.textContent.trim()} ${location.origin}${cited.dataset.cite}`)
  copy.textContent = copy.dataset.done
})

keep(document)
form.querySelector('[data-submit]').hidden = true
listen({ '/': () => search.focus() })
search.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && !search.value) search.blur()
})
