// The wish of whoever has signed in: made, changed and taken back.
import { done, get, put, remove } from './api.js'
import { refuse, sends, values } from './forms.js'
import { word } from './words.js'

const form = document.querySelector('[data-wish]')
const back = form.querySelector('[data-take-back]')
const told = form.querySelector('[data-wish-told]')

function show({ wish }) {
  for (const name of ['name', 'organisation', 'link']) form.elements[name].value = wish?.[name] ?? ''
  back.hidden = wish === null
}

async function takeBack() {
  const answer = await remove('/wish')
  if (done(answer)) {
    form.elements.name.focus()
    show(answer.body)
    told.textContent = told.dataset.gone
  } else refuse(form, answer.detail || word('unreachable'))
}

const mine = await get('/wish')
if (done(mine)) {
  show(mine.body)
  sends(form, (filled) => {
    told.textContent = ''
    return put('/wish', values(filled))
  }, (body) => {
    show(body)
    told.textContent = told.dataset.kept
  })
  back.addEventListener('click', takeBack)
  form.hidden = false
}
