// Opening an account and signing in; both lead to where the reader wanted to go.
import { post } from './api.js'
import { sends, values } from './forms.js'

const { next } = document.querySelector('main').dataset
const form = (name) => document.querySelector(`[data-${name}]`)

// Whoever is new has nothing to look at yet: their first endpoint comes next.
sends(form('sign-up'), (filled) => post('/accounts', values(filled)), () => {
  location.assign(next === '/providers' ? '/providers/new' : next)
})
sends(form('sign-in'), (filled) => post('/sessions', values(filled)), () => location.assign(next))
