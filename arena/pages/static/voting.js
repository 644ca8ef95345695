// A vote: chosen, undone or sent, and sent again until it is answered.
import { pause, post } from './api.js'
import { held, kept } from './held.js'
import { enter, isIn, onEntering } from './machine.js'
import * as reading from './reading.js'
import { word } from './words.js'

const UNDO_SECONDS = 5
const RETRY_AFTER = [1_000, 2_000, 4_000]
const PRESSED = ['sending', 'casting', 'unsent']

const kinds = document.querySelector('.battle').dataset.votesOn ?? 'battles'
const bar = document.querySelector('.vote-bar')
const find = (selector) => bar.querySelector(selector)
let on
let timer

onEntering((state) => {
  for (const button of bar.querySelectorAll('[data-vote]')) {
    button.ariaDisabled = String(state !== 'ready')
    button.ariaPressed = String(PRESSED.includes(state) && button.dataset.vote === held.outcome)
  }
})

export function choose(outcome) {
  if (!isIn('ready')) return false
  held.outcome = outcome
  held.reading = reading.sum()
  enter('sending')
  kept.set({ id: held.id, outcome, reading: held.reading })
  const vote = word(`vote-${outcome}`)
  on.say(word('undoable', { vote, seconds: UNDO_SECONDS }))
  count(vote, UNDO_SECONDS)
  return true
}

function count(vote, seconds) {
  if (seconds === 0) {
    cast()
    return
  }
  find('[data-countdown]').textContent = word('countdown', { vote, seconds })
  timer = setTimeout(count, 1_000, vote, seconds - 1)
}

export function undo() {
  if (!isIn('sending')) return false
  clearTimeout(timer)
  enter('ready')
  kept.set({ id: held.id, reading: held.reading })
  on.say(word('undone'))
  find(`[data-vote="${held.outcome}"]`).focus()
  return true
}

export function ballot(id, outcome, past, options) {
  return post(`/${kinds}/${id}/vote`, past ? { outcome, reading: past } : { outcome }, options)
}

const send = (options) => ballot(held.id, held.outcome, held.reading, options)
const arrived = ({ status: code }) => code > 0 && code < 500

// The same outcome again is the same vote, so an answer that was lost is simply asked for again.
async function sendUntilAnswered() {
  let answer = await send()
  for (const wait of RETRY_AFTER) {
    if (arrived(answer)) break
    await pause(wait)
    answer = await send()
  }
  return answer
}

export async function cast() {
  clearTimeout(timer)
  if (!enter('casting')) return
  on.say(word('casting'))
  const answer = await sendUntilAnswered()
  if (answer.status === 200 || answer.status === 201) on.voted(answer.body)
  else if (arrived(answer) && answer.status !== 429) on.refused(answer.detail)
  else wait(answer.detail || word('unsent'))
}

function wait(sentence) {
  enter('unsent')
  find('[data-unsent]').textContent = sentence
  on.say(sentence)
  find('[data-send]').focus()
}

// `say`, `voted` with what the server told, and `refused` with its sentence.
export function listen(hearers) {
  on = hearers
  // A vote that can still be undone is sent at once when the page goes: closing it is no undo.
  addEventListener('pagehide', () => { if (isIn(...PRESSED)) send({ keepalive: true }) })
  addEventListener('pageshow', (event) => { if (event.persisted && isIn('sending')) cast() })
}
