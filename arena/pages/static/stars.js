// Stars: whoever has signed in sees their own, gives them and takes them back; the page is the same for everybody.
import { done, get, put, remove } from './api.js'

const buttons = [...document.querySelectorAll('[data-star]')]
const told = document.querySelector('[data-star-told]')
const whole = new Intl.NumberFormat(document.documentElement.lang)
const busy = new Set()

function show(button, { starred_at: starred, counts_from: from, stars }) {
  button.setAttribute('aria-pressed', String(starred !== null))
  const count = document.querySelector(`[data-stars="${CSS.escape(button.dataset.star)}"]`)
  if (count) count.textContent = whole.format(stars)
  told.textContent = starred && new Date(from) > new Date() ? told.dataset.later : ''
}

async function toggle(button) {
  if (busy.has(button)) return
  busy.add(button)
  const path = `/contenders/${encodeURIComponent(button.dataset.star)}/star`
  const answer = await (button.getAttribute('aria-pressed') === 'true' ? remove(path) : put(path, {}))
  busy.delete(button)
  if (done(answer)) show(button, answer.body)
  else told.textContent = answer.detail || told.dataset.away
}

const mine = await get('/stars')
if (done(mine)) {
  const starred = new Set(mine.body.items)
  for (const button of buttons) {
    button.setAttribute('aria-pressed', String(starred.has(button.dataset.star)))
    button.addEventListener('click', () => toggle(button))
    button.hidden = false
  }
  for (const hint of document.querySelectorAll('[data-signed-out]')) hint.hidden = true
}
