// A second look: a stored pair is shown and voted on as a battle is; nobody learns who it was.
import { get, post } from './api.js'
import { held, hold, kept } from './held.js'
import { listen as listenToKeys } from './keys.js'
import { enter, isIn } from './machine.js'
import * as reading from './reading.js'
import { Side } from './side.js'
import * as voting from './voting.js'
import { word } from './words.js'

const page = document.querySelector('.battle')
const find = (selector) => page.querySelector(selector)
const sides = [...page.querySelectorAll('[data-side]')].map((article) => new Side(article))

const say = (sentence) => { find('[data-status]').textContent = sentence }

function refuse(sentence) {
  find('[data-refusal]').textContent = sentence
  find('[data-refusal]').hidden = !sentence
}

async function open() {
  const answer = await post('/second-looks', {})
  // A cookie that is not ours is taken away by the refusal, so that the second try is a new voter's.
  return answer.status === 401 ? post('/second-looks', {}) : answer
}

async function ask() {
  if (!enter('asking')) return
  refuse('')
  const { status, body, detail } = await open()
  if (status === 201) show(body)
  else {
    enter('idle')
    refuse(detail || word('unreachable'))
    find('[data-ask]').focus()
  }
}

function show({ id, turns }, past) {
  const prompts = turns.map((turn) => turn.prompt)
  hold({ id, prompt: prompts[0], prompts })
  for (const side of sides) side.clear()
  find('[data-asked]').textContent = prompts[0]
  for (const [place, turn] of turns.entries()) {
    sides.forEach((side, at) => {
      if (place > 0) side.turn(turn.prompt)
      side.tick(turn.sides[at])
      side.html({ html: turn.sides[at].html, from: 0, rest: '' })
    })
  }
  enter('streaming')
  enter('ready')
  reading.begin(past)
  reading.firstText()
  kept.set({ id, reading: reading.sum() })
  say(word('ready'))
  find('.asked').focus()
  scrollTo(0, 0)
}

function voted({ outcome }) {
  enter('voted')
  kept.drop()
  for (const side of sides) side.name({ name: side.article.querySelector('.who').textContent.trim(), organisation: '' })
  sides[['a', 'b'].indexOf(outcome)]?.article.classList.add('chosen')
  find('[data-slot="outcome"]').textContent = word(`vote-${outcome}`)
  say('')
  scrollTo(0, 0)
  find('#revealed').focus()
}

function refused(sentence) {
  enter('void')
  kept.drop()
  find('[data-void-text]').textContent = sentence
  find('#void-heading').focus()
}

function skip() {
  const { id } = held
  if (!isIn('ready') || !enter('idle')) return false
  kept.drop()
  post(`/second-looks/${id}/skip`, {}, { keepalive: true })
  say(word('skipped'))
  scrollTo(0, 0)
  find('[data-ask]').focus()
  return true
}

function next() {
  if (!isIn('voted', 'void') || !enter('idle')) return false
  ask()
  return true
}

// After a reload: the pair that is open is shown again.
async function goOn({ id, reading: past }) {
  const { status, body } = await get(`/second-looks/${id}`)
  if (status === 200 && body.state === 'open' && body.turns.length && enter('asking')) show(body, past ?? undefined)
  else if (status !== 0) kept.drop()
}

addEventListener('pagehide', () => { if (isIn('ready')) kept.set({ id: held.id, reading: reading.sum() }) })

const on = (selector, act) => {
  for (const control of page.querySelectorAll(selector)) control.addEventListener('click', () => act(control))
}
on('[data-ask]', ask)
on('[data-vote]', (button) => voting.choose(button.dataset.vote))
on('[data-undo]', voting.undo)
on('[data-send]', voting.cast)
on('[data-skip]', skip)
on('[data-next]', next)
find('[data-ask]').disabled = false

voting.listen({ say, voted, refused })
reading.watch(sides.map((side) => side.article))
listenToKeys({
  ArrowLeft: () => voting.choose('a'),
  ArrowRight: () => voting.choose('b'),
  ArrowDown: () => voting.choose('tie'),
  x: () => voting.choose('both_bad'),
  s: skip,
  u: voting.undo,
  n: next,
})

if (kept.get()) goOn(kept.get())
