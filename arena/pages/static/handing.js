// Files that are handed in: prompts that are proposed, and answers to them; the file goes as it is, notes beside it.
import { send } from './api.js'
import { sends } from './forms.js'

const TYPES = { csv: 'text/csv' }

function notes(form) {
  const said = new URLSearchParams()
  for (const control of form.elements) {
    if (!control.name || control.type === 'file') continue
    if (control.type === 'checkbox') said.set(control.name, control.checked)
    else if (control.value.trim()) said.set(control.name, control.value.trim())
  }
  return said
}

for (const form of document.querySelectorAll('[data-file-to]')) {
  const told = form.querySelector('[role="status"]')
  sends(form, (filled) => {
    told.textContent = ''
    const [file] = filled.elements.file.files
    const type = TYPES[file.name.split('.').at(-1).toLowerCase()] ?? 'application/jsonl'
    return send(`${filled.dataset.fileTo}?${notes(filled)}`, file, type)
  }, () => {
    told.textContent = told.dataset.kept
  })
}
