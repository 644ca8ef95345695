// Signing out.
import { done, remove } from './api.js'

for (const button of document.querySelectorAll('[data-sign-out]')) {
  button.addEventListener('click', async () => {
    if (done(await remove('/sessions/current'))) location.assign('/providers')
  })
}
