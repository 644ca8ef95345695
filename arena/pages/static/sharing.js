// A link that shows the battle to others: made, copied, given on, and taken back. Without texts unless chosen.
import { done, get, post, remove } from './api.js'
import { held } from './held.js'
import { word } from './words.js'

const fold = document.querySelector('[data-share]')
const find = (name) => fold.querySelector(`[data-share-${name}]`)
const [form, texts, made, field] = ['form', 'texts', 'made', 'link'].map(find)

const tell = (sentence) => { find('told').textContent = sentence }

function show({ url, texts: shown }) {
  made.hidden = !url
  find('make').textContent = word(url ? 'share-change' : 'share-make')
  field.value = url ? new URL(url, location.href).href : ''
  texts.checked = shown
}

async function make() {
  const { id } = held
  const wanted = texts.checked
  const answer = await post(`/battles/${id}/share`, { texts: wanted })
  if (id !== held.id) return
  if (!done(answer)) {
    tell(answer.detail || word('share-unsent'))
    return
  }
  show(answer.body)
  tell(word(wanted && !answer.body.texts ? 'share-no-texts' : `share-made-${answer.body.texts}`))
  field.focus()
  field.select()
}

async function takeBack() {
  const answer = await remove(`/battles/${held.id}/share`)
  if (!done(answer)) {
    tell(answer.detail || word('share-unsent'))
    return
  }
  show(answer.body)
  tell(word('share-gone'))
  find('make').focus()
}

// Closed for the battle that has been voted on; after a reload it knows of the link there is.
export async function open({ again, shareable }) {
  fold.hidden = !shareable
  fold.open = false
  show({ url: null, texts: false })
  tell('')
  if (!again) return
  const { id } = held
  const answer = await get(`/battles/${id}/share`)
  if (done(answer) && id === held.id) show(answer.body)
}

form.addEventListener('submit', (event) => {
  event.preventDefault()
  make()
})
find('back').addEventListener('click', takeBack)
if (navigator.clipboard) {
  find('copy').hidden = false
  find('copy').addEventListener('click', async () => {
    await navigator.clipboard.writeText(field.value)
    tell(word('copied'))
  })
}
if (navigator.share) {
  find('give').hidden = false
  // Whoever closes the sheet again has changed their mind, which is no error.
  find('give').addEventListener('click', () => navigator.share({ url: field.value }).catch(() => {}))
}
