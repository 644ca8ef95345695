// Registering an endpoint: one form, and then its page, where the contract test runs.
import { done, post } from './api.js'
import { keeps, sends, values } from './forms.js'

const form = document.querySelector('[data-register]')
const forget = keeps(form)
const PORTS = { 'https:': 443, 'http:': 80 }

// An operator's grant is for the address that is typed above it.
function granted(said) {
  if (!said.grant || !URL.canParse(said.base_url)) return said
  const { hostname, port, protocol } = new URL(said.base_url)
  const address = hostname.replace(/^\[|\]$/g, '')
  return { ...said, grant: { address, port: Number(port) || PORTS[protocol], ...said.grant } }
}

async function register() {
  const { founding, ...said } = granted(values(form))
  if (!founding) return post(form.dataset.post, said)
  const founded = await post('/organisations', { name: founding })
  if (!done(founded)) return founded
  // Founded once: if what follows is refused, the next try is for the organisation that there is now.
  form.elements.founding.closest('.field').remove()
  return post(form.dataset.post, { ...said, organisation: founded.body.organisation })
}

// Refusals of the founding are about the organisation's name; a contender's name has a field of its own.
sends(form, register, (endpoint) => {
  forget()
  location.assign(`/providers/endpoints/${endpoint.id}`)
}, form.elements.founding ? { organisation: 'founding' } : {})

form.querySelector('[data-clear]').addEventListener('click', () => {
  forget()
  location.reload()
})
