// The reader's theme, before anything is drawn; no module, because a module would come after the first paint.
{
  const root = document.documentElement
  const themes = ['', 'light', 'dark']
  const wear = (theme) => {
    if (theme) root.dataset.theme = theme
    else delete root.dataset.theme
  }
  // A browser may forbid storage; then the theme lasts as long as the page.
  const kept = () => { try { return localStorage.getItem('theme') ?? '' } catch { return '' } }
  const keep = (theme) => { try { localStorage.setItem('theme', theme) } catch { /* see above */ } }
  wear(kept())
  document.addEventListener('DOMContentLoaded', () => {
    const button = document.querySelector('[data-theme-switch]')
    button.hidden = false
    button.addEventListener('click', () => {
      const next = themes[(themes.indexOf(root.dataset.theme ?? '') + 1) % themes.length]
      keep(next)
      wear(next)
    })
  })
}
