// What an endpoint has gone through, with who brought each step about and why, and what lies ahead.
import { element } from './checks.js'
import { named, time, word } from './words.js'

const AHEAD = { draft: ['warming', 'listed'], checking: ['warming', 'listed'], rejected: ['warming', 'listed'], warming: ['listed'] }
// What the arena notes by itself is English; its reason says the same in the page's language.
const BY_ITSELF = 'arena'

export const why = ({ reason, note, actor }) => (note && actor !== BY_ITSELF ? note : reason && named('reason', reason))

function step(event) {
  const heading = event.former === event.state && event.reason ? named('reason', event.reason) : word(`state-${event.state}`)
  const made = element('div', '', element('b', '', heading))
  const reason = why(event)
  if (reason && reason !== heading) made.append(element('p', '', element('bdi', '', reason)))
  made.append(element('p', '', time(event.happened_at), ` · ${word(`by-${event.actor}`)}`))
  return element('li', '', made)
}

function ahead(state) {
  return element('li', 'ahead', element('div', '', element('b', '', word(`state-${state}`)), element('p', '', word(`ahead-${state}`))))
}

// `events` come with the latest first, and are read from the first on.
export function drawTimeline(list, events, state) {
  const steps = [...events].reverse().map(step)
  steps.at(-1)?.setAttribute('aria-current', 'true')
  list.replaceChildren(...steps, ...(AHEAD[state] ?? []).map(ahead))
}
