// Flags, decisions and appeals: what is typed goes to the API, and the page of the case shows what became of it.
import { post } from './api.js'
import { sends, values } from './forms.js'

for (const form of document.querySelectorAll('[data-call]')) {
  sends(form, (filled) => post(filled.dataset.call, values(filled)), ({ id }) => {
    if (form.dataset.goes) location.assign(form.dataset.goes + id)
    else location.reload()
  })
}
