// The battle page. One machine drives every control: a control shows itself by the states it names in data-in.
import { get, pause, post } from './api.js'
import { listen, showKeys } from './keys.js'
import { reveal } from './reveal.js'
import { Side } from './side.js'
import { follow } from './stream.js'
import { word } from './words.js'

const NEXT = {
  idle: ['asking', 'streaming'],
  asking: ['streaming', 'idle'],
  streaming: ['ready', 'void', 'idle'],
  ready: ['sending', 'streaming', 'idle'],
  sending: ['casting', 'ready'],
  casting: ['voted', 'unsent', 'void'],
  unsent: ['casting'],
  voted: ['idle', 'asking'],
  void: ['idle', 'asking'],
}
const UNDO_SECONDS = 5
const RETRY_AFTER = [1_000, 2_000, 4_000]

const page = document.querySelector('.battle')
const find = (selector) => page.querySelector(selector)
const prompt = find('#prompt')
const status = find('[data-status]')
const sides = [...page.querySelectorAll('[data-side]')].map((article) => new Side(article))
const held = { id: null, prompt: '', prompts: [], turn: 1, outcome: null, stream: null, timer: null }
// The battle under way, so that a reload goes on with it; a browser may forbid storage, and then it does not.
const kept = {
  get: () => { try { return sessionStorage.getItem('battle') } catch { return null } },
  set: (id) => { try { id ? sessionStorage.setItem('battle', id) : sessionStorage.removeItem('battle') } catch { /* see above */ } },
}

const state = () => page.dataset.state

// Goes to a state if the machine allows it; a second click or key finds the state gone and does nothing.
function enter(next) {
  if (!NEXT[state()].includes(next)) return false
  page.dataset.state = next
  const pressed = ['sending', 'casting', 'unsent'].includes(next)
  for (const button of page.querySelectorAll('[data-vote]')) {
    button.ariaDisabled = String(next !== 'ready')
    button.ariaPressed = String(pressed && button.dataset.vote === held.outcome)
  }
  return true
}

const say = (sentence) => { status.textContent = sentence }

function refuse(sentence) {
  find('[data-refusal]').textContent = sentence
  find('[data-refusal]').hidden = !sentence
}

// Asking

async function open(text) {
  const answer = await post('/battles', { prompt: text })
  // A cookie that is not ours is taken away by the refusal, so that the second try is a new voter's.
  return answer.status === 401 ? post('/battles', { prompt: text }) : answer
}

async function ask(text) {
  if (!text.trim()) {
    refuse(word('empty'))
    prompt.focus()
    return
  }
  if (!enter('asking')) return
  begin(text)
  const answer = await open(text)
  if (answer.status !== 201) {
    enter('idle')
    refuse(answer.detail || word('unreachable'))
    prompt.focus()
    return
  }
  held.id = answer.body.id
  listenFrom(0)
}

function listenFrom(after) {
  enter('streaming')
  say(word('streaming'))
  kept.set(held.id)
  held.stream = follow(held.id, after, Number(page.dataset.silenceSeconds), { tick, html, lost, found, ready, failed })
}

// The next turn, or a sentence on why there is none; what was written is kept until it is asked.
async function followUp() {
  const text = find('#follow-up').value
  if (!text.trim() || state() !== 'ready') return
  const answer = await post(`/battles/${held.id}/turns`, { prompt: text })
  find('[data-follow-up-refusal]').textContent = answer.status === 201 ? '' : answer.detail || word('unreachable')
  find('[data-follow-up-refusal]').hidden = answer.status === 201
  if (answer.status !== 201) return
  find('#follow-up').value = ''
  held.prompts.push(text)
  advance(answer.body.turn)
  listenFrom(held.stream.seq)
  showTurn()
}

function advance(turn) {
  while (held.turn < turn) {
    for (const side of sides) side.turn(held.prompts[held.turn])
    held.turn += 1
  }
}

// The new prompt at the top of what is seen, on the side that is read, so that its answers grow below it.
function showTurn() {
  find('.sides').focus({ preventScroll: true })
  const begun = sides.map((side) => side.article.querySelector('.follow-up:last-child'))
  const read = begun.find((prompt) => prompt.getBoundingClientRect().left >= 0)
  read?.scrollIntoView({ block: 'start', inline: 'nearest' })
}

function stop() {
  if (state() !== 'streaming') return false
  post(`/battles/${held.id}/stop`, {})
  return true
}

// After a reload: the battle goes on where it stands, told again from its beginning.
async function goOn(id) {
  const answer = await get(`/battles/${id}`)
  if (answer.status !== 200 || !['open', 'streaming', 'ready'].includes(answer.body.state)) {
    kept.set(null)
    return
  }
  begin(answer.body.turns[0].prompt)
  Object.assign(held, { id, prompts: answer.body.turns.map((turn) => turn.prompt) })
  listenFrom(0)
}

function begin(text) {
  Object.assign(held, { id: null, prompt: text, prompts: [text], turn: 1, outcome: null })
  for (const side of sides) side.clear()
  refuse('')
  found()
  prompt.value = text
  find('[data-asked]').textContent = text
  find('.asked').focus()
  scrollTo(0, 0)
  say(word('asking'))
}

function tick(news, turn) {
  advance(turn)
  sides.forEach((side, place) => side.tick(news[place]))
}

function html(news, turn) {
  advance(turn)
  sides.forEach((side, place) => side.html(news[place]))
}

// The line above the answers; whether it changed.
function tell(name) {
  if (!find(`[data-line="${name}"]`).hidden) return false
  for (const line of page.querySelectorAll('[data-line]')) line.hidden = line.dataset.line !== name
  return true
}

function lost() {
  if (tell('lost')) say(word('lost'))
}

const found = () => tell('streaming')

function ready() {
  if (!enter('ready')) return
  tell('ready')
  say(word('ready'))
}

const failed = (code) => end(word(code), word(`${code}-text`))

function end(heading, text) {
  if (!enter('void')) return
  kept.set(null)
  find('[data-void-heading]').textContent = heading
  find('[data-void-text]').textContent = text
  find('[data-void-heading]').focus()
}

// Voting

function choose(outcome) {
  if (state() !== 'ready') return false
  held.outcome = outcome
  enter('sending')
  const vote = word(`vote-${outcome}`)
  say(word('undoable', { vote, seconds: UNDO_SECONDS }))
  count(vote, UNDO_SECONDS)
  return true
}

function count(vote, seconds) {
  if (seconds === 0) {
    cast()
    return
  }
  find('[data-countdown]').textContent = word('countdown', { vote, seconds })
  held.timer = setTimeout(count, 1_000, vote, seconds - 1)
}

function undo() {
  if (state() !== 'sending') return false
  clearTimeout(held.timer)
  enter('ready')
  say(word('undone'))
  find(`[data-vote="${held.outcome}"]`).focus()
  return true
}

const send = (options) => post(`/battles/${held.id}/vote`, { outcome: held.outcome }, options)
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

async function cast() {
  clearTimeout(held.timer)
  if (!enter('casting')) return
  say(word('casting'))
  const answer = await sendUntilAnswered()
  if (answer.status === 200 || answer.status === 201) show(answer.body)
  else if (arrived(answer) && answer.status !== 429) end(word('refused'), answer.detail)
  else wait(answer.detail || word('unsent'))
}

function wait(sentence) {
  enter('unsent')
  find('[data-unsent]').textContent = sentence
  say(sentence)
  find('[data-send]').focus()
}

function show(told) {
  enter('voted')
  kept.set(null)
  sides.forEach((side, place) => side.name(told.reveal.sides[place]))
  sides[['a', 'b'].indexOf(told.vote.outcome)]?.article.classList.add('chosen')
  reveal(find('.reveal'), told)
  say('')
  scrollTo(0, 0)
  find('#revealed').focus()
}

// Leaving

function skip() {
  const { id } = held
  if (!['streaming', 'ready'].includes(state()) || !enter('idle')) return false
  held.stream.close()
  kept.set(null)
  // Whether this arrives or not, the battle takes no vote: it is skipped now or expires later.
  post(`/battles/${id}/skip`, {}, { keepalive: true })
  say(word('skipped'))
  fresh()
  return true
}

function next() {
  if (!['voted', 'void'].includes(state()) || !enter('idle')) return false
  fresh()
  return true
}

function fresh() {
  prompt.value = ''
  scrollTo(0, 0)
  prompt.focus()
}

// A vote that can still be undone is sent at once when the page goes: closing it is no undo.
addEventListener('pagehide', () => {
  if (['sending', 'casting', 'unsent'].includes(state())) send({ keepalive: true })
})
addEventListener('pageshow', (event) => {
  if (event.persisted && state() === 'sending') cast()
})

// Controls

const on = (selector, act) => {
  for (const control of page.querySelectorAll(selector)) control.addEventListener('click', () => act(control))
}
on('[data-vote]', (button) => choose(button.dataset.vote))
on('[data-undo]', undo)
on('[data-send]', cast)
on('[data-skip]', skip)
on('[data-stop]', stop)
on('[data-next]', next)
on('[data-again]', () => ask(held.prompt))
on('[data-suggestion]', (button) => ask(button.lastElementChild.textContent))
on('[data-surprise]', () => {
  const prompts = find('[data-prompts]').content.children
  ask(prompts[Math.floor(Math.random() * prompts.length)].textContent)
})
on('[data-show-keys]', showKeys)

if (navigator.clipboard) {
  for (const side of sides) {
    const button = side.article.querySelector('[data-copy]')
    button.hidden = false
    button.addEventListener('click', async () => {
      await navigator.clipboard.writeText(side.text)
      say(word('copied'))
    })
  }
}

const form = find('[data-ask]')
form.addEventListener('submit', (event) => {
  event.preventDefault()
  ask(prompt.value)
})
prompt.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.repeat) return
  event.preventDefault()
  form.requestSubmit()
})
form.querySelector('button').disabled = false

const further = find('[data-follow-up]')
further.addEventListener('submit', (event) => {
  event.preventDefault()
  followUp()
})
further.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.repeat) return
  event.preventDefault()
  further.requestSubmit()
})

listen({
  Escape: stop,
  ArrowLeft: () => choose('a'),
  ArrowRight: () => choose('b'),
  ArrowDown: () => choose('tie'),
  x: () => choose('both_bad'),
  s: skip,
  u: undo,
  n: next,
})

if (kept.get()) goOn(kept.get())
