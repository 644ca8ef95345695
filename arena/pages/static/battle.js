// The battle page: what is asked, how the answers come, and how one leaves. The machine says what may follow what.
import { get, post } from './api.js'
import { held, hold, kept } from './held.js'
import { listen as listenToKeys, showKeys } from './keys.js'
import { enter, isIn } from './machine.js'
import * as opinion from './opinion.js'
import * as reading from './reading.js'
import * as remarks from './remarks.js'
import { reveal } from './reveal.js'
import * as sharing from './sharing.js'
import { Side } from './side.js'
import * as skipping from './skipping.js'
import { follow } from './stream.js'
import * as suggesting from './suggesting.js'
import * as voting from './voting.js'
import { word } from './words.js'

const LIVE = ['open', 'streaming', 'ready']
const NEVER_SHARED = ['control', 'named', 'direct']

const page = document.querySelector('.battle')
const find = (selector) => page.querySelector(selector)
const prompt = find('#prompt')
const status = find('[data-status]')
const sides = [...page.querySelectorAll('[data-side]')].map((article) => new Side(article))

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
  begin({ prompts: [text] })
  prompt.value = text
  say(word('asking'))
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

function begin({ id = null, prompts, reading: past }) {
  hold({ id, prompt: prompts[0], prompts })
  reading.begin(past)
  for (const side of sides) side.clear()
  refuse('')
  remarks.tell([])
  found()
  find('[data-asked]').textContent = held.prompt
  find('.asked').focus()
  scrollTo(0, 0)
}

function listenFrom(after) {
  enter('streaming')
  remarks.tell([])
  say(word('streaming'))
  kept.set({ id: held.id, reading: reading.sum() })
  held.stream = follow(held.id, after, Number(page.dataset.silenceSeconds), { tick, html, lost, found, ready, failed })
}

// The next turn, or a sentence on why there is none; what was written is kept until it is asked.
async function followUp() {
  const text = find('#follow-up').value
  if (!text.trim() || !isIn('ready')) return
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
  if (!isIn('streaming')) return false
  post(`/battles/${held.id}/stop`, {})
  return true
}

// After a reload: the battle goes on where it stands, told again from its beginning; one that is voted on shows who it was.
async function goOn({ id, outcome, reading: past }) {
  const { status: code, body } = await get(`/battles/${id}`)
  const prompts = body?.turns?.map((turn) => turn.prompt)
  if (code === 200 && LIVE.includes(body.state)) {
    begin({ id, prompts, reading: past })
    listenFrom(0)
  } else if (code === 200 && body.state === 'voted' && outcome) {
    const { status: told, body: voted } = await voting.ballot(id, outcome)
    if (told !== 200 || !isIn('idle')) return
    begin({ id, prompts })
    body.turns.forEach(({ sides: said, turn }) => {
      advance(turn)
      html(said.map((answer) => ({ html: answer.html, from: 0, rest: '' })), turn)
    })
    sides.forEach((side, place) => { side.text = body.sides[place].text })
    show(voted, { again: true })
  } else if (code !== 0) kept.drop()
}

// The answers

function tick(news, turn) {
  advance(turn)
  reading.firstText()
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

function ready({ remarks: made = [] }) {
  if (!enter('ready')) return
  tell('ready')
  const remarked = remarks.tell(made)
  say(remarked ? word('ready') + word('space') + remarked : word('ready'))
}

const failed = (code) => end(word(code), word(`${code}-text`))

function end(heading, text) {
  if (!enter('void')) return
  kept.drop()
  find('[data-void-heading]').textContent = heading
  find('[data-void-text]').textContent = text
  find('[data-void-heading]').focus()
}

// The vote

function show(told, { again = false } = {}) {
  enter('voted')
  held.outcome = told.vote.outcome
  kept.set({ id: held.id, outcome: held.outcome })
  sides.forEach((side, place) => side.name(told.reveal.sides[place]))
  sides[['a', 'b'].indexOf(told.vote.outcome)]?.article.classList.add('chosen')
  reveal(find('.reveal'), told, held.id)
  opinion.open({ again })
  sharing.open({ again, shareable: !NEVER_SHARED.includes(told.receipt.reason) })
  say('')
  scrollTo(0, 0)
  find('#revealed').focus()
}

// Leaving

function skip(reason) {
  const { id } = held
  if (!isIn('streaming', 'ready') || !enter('idle')) return
  held.stream.close()
  kept.drop()
  // Whether this arrives or not, the battle takes no vote: it is skipped now or expires later.
  post(`/battles/${id}/skip`, { reason }, { keepalive: true })
  fresh(word('skipped'))
}

function next() {
  if (!isIn('voted', 'void') || !enter('idle')) return false
  kept.drop()
  fresh('')
  return true
}

function fresh(sentence) {
  prompt.value = ''
  scrollTo(0, 0)
  prompt.focus()
  say(sentence)
}

addEventListener('pagehide', () => {
  if (isIn('streaming', 'ready')) kept.set({ id: held.id, reading: reading.sum() })
})

// Controls

const on = (selector, act) => {
  for (const control of page.querySelectorAll(selector)) control.addEventListener('click', () => act(control))
}
on('[data-vote]', (button) => voting.choose(button.dataset.vote))
on('[data-undo]', voting.undo)
on('[data-send]', voting.cast)
on('[data-skip]', skipping.ask)
on('[data-stop]', stop)
on('[data-next]', next)
on('[data-again]', () => ask(held.prompt))
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

// Enter sends, Shift and Enter begin a new line.
function listenToForm(form, send) {
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    send()
  })
  form.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.repeat) return
    if (!(event.target instanceof HTMLTextAreaElement)) return
    event.preventDefault()
    form.requestSubmit()
  })
}
listenToForm(find('[data-ask]'), () => ask(prompt.value))
listenToForm(find('[data-follow-up]'), followUp)
find('[data-ask] button').disabled = false

suggesting.listen(ask)
skipping.listen(skip)
voting.listen({ say, voted: show, refused: (sentence) => end(word('refused'), sentence) })
reading.watch(sides.map((side) => side.article))
listenToKeys({
  Escape: stop,
  ArrowLeft: () => voting.choose('a'),
  ArrowRight: () => voting.choose('b'),
  ArrowDown: () => voting.choose('tie'),
  x: () => voting.choose('both_bad'),
  s: skipping.ask,
  u: voting.undo,
  n: next,
})

if (kept.get()) goOn(kept.get())
