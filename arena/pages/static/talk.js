// Contenders asked by name, two side by side or one in a chat. As on the battle page, one machine drives every control.
import { get, post } from './api.js'
import { keep, kept } from './tab.js'
import { Side } from './side.js'
import { follow } from './stream.js'
import { word } from './words.js'

const NEXT = {
  idle: ['asking'],
  asking: ['streaming', 'idle'],
  streaming: ['ready', 'void'],
  ready: ['streaming', 'casting', 'idle'],
  casting: ['voted', 'ready'],
  voted: ['idle'],
  void: ['idle'],
}

const page = document.querySelector('.battle')
const { kind, silenceSeconds } = page.dataset
const find = (selector) => page.querySelector(selector)
const all = (selector) => [...page.querySelectorAll(selector)]
const sides = all('[data-side]').map((article) => new Side(article))
const held = { id: null, prompts: [], turn: 1, stream: null }

const state = () => page.dataset.state
const say = (sentence) => { find('[data-status]').textContent = sentence }

function enter(next) {
  if (!NEXT[state()].includes(next)) return false
  page.dataset.state = next
  return true
}

function refuse(selector, sentence) {
  find(selector).textContent = sentence
  find(selector).hidden = !sentence
}

// Asking

const fields = all('[data-contender]')
const offered = new Set(all('#contenders option').map((option) => option.value))
const byName = new Map(all('#contenders option').map(({ label, value }) => [label.split(' · ')[0].toLowerCase(), value]))

// What stands in the list is an address; a name that somebody wrote out is taken for the one that has it.
function address({ value }) {
  const written = value.trim()
  return offered.has(written) ? written : byName.get(written.toLowerCase()) ?? written
}

async function open(prompt) {
  const body = { prompt, kind, contenders: fields.map(address) }
  const answer = await post('/battles', body)
  // A cookie that is not ours is taken away by the refusal, so that the second try is a new voter's.
  return answer.status === 401 ? post('/battles', body) : answer
}

async function ask(prompt) {
  if (!prompt.trim()) {
    refuse('[data-refusal]', word('empty'))
    find('#prompt').focus()
    return
  }
  if (!enter('asking')) return
  refuse('[data-refusal]', '')
  say(word('asking'))
  const answer = await open(prompt)
  if (answer.status !== 201) {
    enter('idle')
    refuse('[data-refusal]', answer.detail || word('unreachable'))
    const wrong = fields.find((field) => !offered.has(address(field))) ?? fields[0]
    const field = answer.body?.field === 'contenders' ? wrong : find('#prompt')
    field.focus()
    return
  }
  begin(answer.body.id, [prompt])
}

async function begin(id, prompts) {
  Object.assign(held, { id, prompts, turn: 1 })
  for (const side of sides) side.clear()
  find('[data-asked]').textContent = prompts[0]
  listenFrom(0)
  find('.asked').focus()
  scrollTo(0, 0)
  const { body } = await get(`/battles/${id}`)
  body?.reveal?.sides.forEach((side, place) => sides[place].name(side))
}

function listenFrom(after) {
  enter('streaming')
  tell('streaming')
  say(word('streaming'))
  keep(kind, held.id)
  held.stream = follow(held.id, after, Number(silenceSeconds), { tick, html, lost, found, ready, failed })
}

async function followUp() {
  const field = find('#follow-up')
  const text = field.value
  if (!text.trim() || state() !== 'ready') return
  const answer = await post(`/battles/${held.id}/turns`, { prompt: text })
  refuse('[data-follow-up-refusal]', answer.status === 201 ? '' : answer.detail || word('unreachable'))
  if (answer.status !== 201) return
  field.value = ''
  held.prompts.push(text)
  advance(answer.body.turn)
  listenFrom(held.stream.seq)
  find('.sides').focus({ preventScroll: true })
  find('.follow-up:last-child')?.scrollIntoView({ block: 'start' })
}

function advance(turn) {
  while (held.turn < turn) {
    for (const side of sides) side.turn(held.prompts[held.turn])
    held.turn += 1
  }
}

// What comes

function tick(news, turn) {
  advance(turn)
  sides.forEach((side, place) => side.tick(news[place]))
}

function html(news, turn) {
  advance(turn)
  sides.forEach((side, place) => side.html(news[place]))
}

function tell(name) {
  for (const line of all('[data-line]')) line.hidden = line.dataset.line !== name
}

function lost() {
  if (find('[data-line="lost"]').hidden) say(word('lost'))
  tell('lost')
}

const found = () => tell('streaming')

function ready() {
  if (!enter('ready')) return
  tell('ready')
  say(word('ready'))
}

function failed(code) {
  if (!enter('void')) return
  keep(kind, null)
  find('[data-void-heading]').textContent = word(code)
  find('[data-void-text]').textContent = word('kept')
  find('[data-void-heading]').focus()
}

// Controls

async function vote(outcome) {
  if (!enter('casting')) return
  const answer = await post(`/battles/${held.id}/vote`, { outcome })
  if (answer.status !== 200 && answer.status !== 201) {
    enter('ready')
    refuse('[data-follow-up-refusal]', answer.detail || word('unsent'))
    return
  }
  enter('voted')
  keep(kind, null)
  sides[['a', 'b'].indexOf(outcome)]?.article.classList.add('chosen')
  find('[data-voted]').textContent = word(`voted-${outcome}`)
  find('[data-voted]').focus()
}

function anew() {
  const [prompt] = state() === 'void' ? held.prompts : ['']
  if (!enter('idle')) return
  keep(kind, null)
  say('')
  find('#prompt').value = prompt
  find('#prompt').focus()
}

// After a reload, or from the list of one's battles: it goes on where it stands.
async function goOn(id) {
  const { status, body } = await get(`/battles/${id}`)
  if (status !== 200 || body.kind !== kind || !['open', 'streaming', 'ready'].includes(body.state)) {
    keep(kind, null)
    return
  }
  if (enter('asking')) begin(id, body.turns.map((turn) => turn.prompt))
}

const submits = (form, act) => {
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    act()
  })
  form.querySelector('textarea').addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.repeat) return
    event.preventDefault()
    form.requestSubmit()
  })
}
if (find('[data-ask]')) {
  submits(find('[data-ask]'), () => ask(find('#prompt').value))
  find('[data-ask] button').disabled = false
}
submits(find('[data-follow-up]'), followUp)
for (const button of all('[data-vote]')) button.addEventListener('click', () => vote(button.dataset.vote))
find('[data-stop]').addEventListener('click', () => post(`/battles/${held.id}/stop`, {}))
find('[data-new]').addEventListener('click', anew)

if (kept(kind)) goOn(kept(kind))
