// The contract test as it stands: a line for each step, with what it found and how long it took.
import { done, get } from './api.js'
import { number, seconds, time, word } from './words.js'

const ENDED = ['pass', 'warn', 'fail', 'skipped']
const SHOWN_SECONDS = 0.001
const SHAPES = { waiting: 'draft', skipped: 'draft' }

export function element(tag, className, ...inside) {
  const made = document.createElement(tag)
  if (className) made.className = className
  made.append(...inside)
  return made
}

function state(name) {
  const made = element('span', 'state', word(`state-${name}`))
  made.dataset.s = SHAPES[name] ?? name
  return made
}

const took = (value) => (value < 1 ? word('milliseconds', { milliseconds: number(value * 1000) }) : seconds(value))

function text(name, content) {
  const pre = element('pre', '', content)
  pre.tabIndex = 0
  pre.ariaLabel = word(name)
  return element('div', '', element('b', '', word(name)), pre)
}

function exchanges(all) {
  const shown = all.flatMap(({ request, reply }) => [text('request', request), text('reply', reply)])
  const fold = element('details', 'fold', element('summary', '', word('request-and-reply')), element('div', 'exchange', ...shown))
  return element('div', 'wide', fold)
}

function line(step) {
  const told = element('div', '', element('b', '', step.title))
  if (step.text && step.state !== 'skipped') told.append(element('p', '', element('bdi', '', step.text)))
  const made = element('li', '', state(step.state), told)
  if (step.seconds >= SHOWN_SECONDS) made.append(element('span', 'took', took(step.seconds)))
  made.classList.toggle('left-out', step.state === 'skipped')
  if (step.exchanges?.length) made.append(exchanges(step.exchanges))
  return made
}

// Only what has changed is drawn anew, so that what a reader has unfolded stays open.
function drawSteps(list, steps) {
  steps.forEach((step, place) => {
    const known = JSON.stringify(step)
    const present = list.children[place]
    if (present?.dataset.known === known) return
    const made = line(step)
    made.dataset.known = known
    if (present) present.replaceWith(made)
    else list.append(made)
  })
  while (list.children.length > steps.length) list.lastChild.remove()
}

function whole(check) {
  if (check.state === 'waiting') return ['draft', word('check-waiting')]
  if (!check.ended_at) {
    const ended = check.steps.filter((step) => ENDED.includes(step.state)).length
    return ['running', word('check-running', { done: number(ended), all: number(check.steps.length) })]
  }
  const shapes = { passed: 'pass', failed: 'fail', interrupted: 'warn' }
  return [shapes[check.state], word(`check-${check.state}`)]
}

// Draws the check; what a listener is told of it.
export function drawCheck(page, check) {
  const list = page.querySelector('[data-checks]')
  list.hidden = false
  drawSteps(list, check.steps)
  const [shape, words] = whole(check)
  const summary = element('span', 'state', words)
  summary.dataset.s = shape
  page.querySelector('[data-check-state]').replaceChildren(summary)
  if (check.ended_at) return word(`said-${check.state}`)
  const last = check.steps.filter((step) => ENDED.includes(step.state)).at(-1)
  if (!last) return words
  return word('said-step', { step: last.title, state: word(`state-${last.state}`), sentence: last.text })
}

// Earlier runs are asked for where somebody opens them.
export function drawEarlier(fold, checks, here) {
  fold.hidden = checks.length === 0
  fold.querySelector('[data-earlier-list]').replaceChildren(...checks.map((check) => {
    const steps = element('ol', 'checks')
    const one = element('details', 'fold', element('summary', '', time(check.begun_at)), steps)
    one.addEventListener('toggle', async () => {
      const answer = steps.children.length ? null : await get(`${here}/checks/${check.id}`)
      if (answer && done(answer)) drawSteps(steps, answer.body.steps)
    })
    return element('li', '', one)
  }))
}
