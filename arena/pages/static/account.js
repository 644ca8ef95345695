// One's account: keys, members, password. What changed is shown by the page itself, asked for anew.
import { done, post, put, remove } from './api.js'
import { sends, values } from './forms.js'
import { word } from './words.js'

const find = (selector) => document.querySelector(selector)
const anew = () => location.reload()

const scopes = (form) => [...form.querySelectorAll('[data-scope]:checked')].map((box) => box.value)

// The only time that anybody sees it; the list shows the key when the page comes again.
function show({ secret }) {
  find('[data-secret-key]').textContent = secret
  find('[data-made]').hidden = false
  find('[data-make-key]').hidden = true
  find('[data-made]').scrollIntoView({ block: 'nearest' })
  find('[data-secret-key]').focus()
}

sends(find('[data-make-key]'), (form) => post('/keys', { ...values(form), scopes: scopes(form) }), show)
sends(find('[data-found]'), (form) => post('/organisations', values(form)), anew)
sends(find('[data-password]'), (form) => put('/account/password', values(form)), () => {
  find('[data-password]').reset()
  find('[data-changed]').textContent = word('changed')
})
for (const form of document.querySelectorAll('[data-add-member]')) {
  sends(form, () => post(`/organisations/${form.dataset.addMember}/members`, values(form)), anew)
}

async function removing(path) {
  const answer = await remove(path)
  if (done(answer)) {
    anew()
    return
  }
  find('[data-failed]').textContent = answer.detail || word('unreachable')
  find('[data-failed]').hidden = false
}

for (const button of document.querySelectorAll('[data-revoke]')) {
  button.addEventListener('click', () => removing(`/keys/${button.dataset.revoke}`))
}
for (const button of document.querySelectorAll('[data-remove]')) {
  button.addEventListener('click', () => removing(`/organisations/${button.dataset.remove}/members/${button.dataset.member}`))
}
