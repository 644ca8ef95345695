// The appeal on a receipt: sent once; the page then shows that it was.
import { post } from './api.js'
import { sends, values } from './forms.js'

const form = document.querySelector('[data-appeal]')

sends(form, (filled) => post(`/votes/${filled.dataset.appeal}/appeal`, values(filled)), () => location.reload())
