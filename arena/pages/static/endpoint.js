// The page of one endpoint: follows its contract test and its states, and sends what its provider decides.
import { again, done, get, patch, pause, post } from './api.js'
import { drawCheck, drawEarlier, element } from './checks.js'
import { refuse, sends, value, values } from './forms.js'
import { drawFares } from './fares.js'
import { drawTimeline, why } from './timeline.js'
import { time, word } from './words.js'

const FIRST_WAIT = 500
const MOST_WAIT = 15_000
const page = document.querySelector('[data-endpoint]')
const here = `/endpoints/${page.dataset.endpoint}`
const find = (selector) => page.querySelector(selector)
const held = { check: null, etag: null, following: false, spoken: null }

// Where it stands

function drawState({ state, state_since: since }) {
  if (page.dataset.state !== state) find('[data-state-line]').replaceWith(stateLine(state, since))
  page.dataset.state = state
}

function stateLine(state, since) {
  const line = find('[data-state-line]').cloneNode(true)
  const [shape, moment] = line.children
  shape.dataset.s = state
  shape.textContent = word(`state-${state}`)
  moment.replaceChildren(...sinceWords(since))
  return line
}

function sinceWords(since) {
  const [before, after] = word('since', { time: '\n' }).split('\n')
  return [before, time(since), after]
}

async function look() {
  const [endpoint, events] = await Promise.all([get(here), get(`${here}/events`)])
  if (done(endpoint)) drawState(endpoint.body)
  if (!done(events)) return
  drawTimeline(find('[data-timeline]'), events.body.items, page.dataset.state)
  const last = events.body.items.find(({ former, state }) => former !== state)
  const reason = last && why(last)
  find('[data-note]').replaceChildren(...(reason ? [element('bdi', '', reason)] : []))
  find('[data-note]').hidden = !reason
}

async function fare() {
  const exposure = await get(`${here}/exposure`)
  // Before its first battle there is nothing to say but noughts.
  const met = done(exposure) && exposure.body.met.battles > 0
  find('[data-fares]').hidden = !met
  if (met) drawFares(find('[data-fares]'), exposure.body)
}

// The contract test

function speak(sentence) {
  if (held.spoken === sentence) return
  held.spoken = sentence
  find('[data-said]').textContent = sentence
}

async function newest() {
  const checks = await get(`${here}/checks`)
  if (!done(checks)) return
  const [last, ...earlier] = checks.body.items
  find('[data-no-check]').hidden = Boolean(last)
  if (last) find('[data-again] button').textContent = word('run-again')
  drawEarlier(find('[data-earlier]'), earlier, here)
  if (last?.id !== held.check) Object.assign(held, { check: last?.id ?? null, etag: null })
}

// Looks at the check under way until it has ended: soon while something happens, and less and less often while nothing does.
async function follow() {
  if (held.following) return
  held.following = true
  await newest()
  let wait = FIRST_WAIT
  while (held.check) {
    const answer = await again(`${here}/checks/${held.check}`, held.etag)
    wait = answer.status === 200 ? FIRST_WAIT : Math.min(wait * 1.5, MOST_WAIT)
    if (answer.status === 200) {
      held.etag = answer.etag
      speak(drawCheck(page, answer.body))
      if (answer.body.ended_at) break
    }
    await pause(document.hidden ? MOST_WAIT : wait)
  }
  held.following = false
  await look()
}

sends(find('[data-again]'), () => post(`${here}/check`, {}), async () => {
  await look()
  follow()
})

// How it is reached

const connection = find('[data-connection]')
const typed = (control) => (control.type === 'checkbox' ? control.checked : control.value)
const first = new Map([...connection.elements].filter(({ name }) => name).map((control) => [control, typed(control)]))
const mends = () => ['draft', 'rejected'].includes(page.dataset.state)

// What is different now; a field that was emptied is taken away, but a secret that nobody typed stays.
function changes() {
  const changed = [...first].filter(([control, before]) => typed(control) !== before).map(([control]) => control)
  const emptied = changed.filter((control) => value(control) === undefined && !('secret' in control.dataset))
  const none = ({ name }) => [name, name === 'parameters' ? {} : null]
  return { ...Object.fromEntries(emptied.map(none)), ...values(connection, changed) }
}

sends(connection, () => patch(here, changes()), async (endpoint) => {
  for (const control of first.keys()) {
    if ('secret' in control.dataset) control.value = ''
    first.set(control, typed(control))
  }
  find('[data-saved]').textContent = word('saved')
  if (endpoint.key) showKey(endpoint.key.ends)
  if (!mends()) return
  const begun = await post(`${here}/check`, {})
  if (!done(begun)) refuse(connection, begun.detail || word('unreachable'))
  await look()
  follow()
})
connection.addEventListener('input', () => { find('[data-saved]').textContent = '' })

function showKey(ends) {
  const sentences = [word('stored'), ends ? word('key-ends', { ends }) : word('key-set'), word('key-stays')]
  find('#key-hint').textContent = sentences.join(document.documentElement.lang === 'zh' ? '' : ' ')
}

// What its provider can do

for (const form of page.querySelectorAll('[data-act]')) {
  const { act } = form.dataset
  sends(form, () => post(`${here}/${act}`, values(form)), async () => {
    if (['rename', 'publish'].includes(act)) location.reload()
    form.reset()
    form.closest('details')?.removeAttribute('open')
    await look()
    find('h1').scrollIntoView({ block: 'nearest' })
  })
}

look()
fare()
follow()
