// The leaderboard's table: sorting by its heads and searching; without script it stands as it came.
const whole = new Intl.NumberFormat(document.documentElement.lang)
const tables = [...document.querySelectorAll('[data-sortable]')]

function value(row, head) {
  const kept = row.dataset[head.dataset.sort]
  return head.dataset.sortAs === 'text' ? kept : Number(kept)
}

function sort(table, head) {
  const before = head.getAttribute('aria-sort')
  const down = before ? before === 'ascending' : head.dataset.sortAs !== 'text'
  for (const other of table.querySelectorAll('[aria-sort]')) other.removeAttribute('aria-sort')
  head.setAttribute('aria-sort', down ? 'descending' : 'ascending')
  const order = (a, b) => (typeof a === 'string' ? a.localeCompare(b, document.documentElement.lang) : a - b)
  const rows = [...table.tBodies[0].rows]
  rows.sort((a, b) => order(value(a, head), value(b, head)) * (down ? -1 : 1))
  table.tBodies[0].append(...rows)
}

for (const table of tables) {
  for (const head of table.querySelectorAll('[data-sort]')) {
    const button = document.createElement('button')
    button.type = 'button'
    button.append(...head.childNodes)
    button.addEventListener('click', () => sort(table, head))
    head.append(button)
  }
}

const bar = document.querySelector('[data-filter]')
if (bar) {
  const search = bar.querySelector('[data-search]')
  const echo = bar.querySelector('[data-echo]')
  const rows = tables.flatMap((table) => [...table.tBodies[0].rows])
  const filter = () => {
    const terms = search.value.toLowerCase().split(';').map((term) => term.trim()).filter(Boolean)
    const found = ({ dataset }) => terms.some((term) => dataset.name.includes(term) || dataset.organisation.includes(term))
    for (const row of rows) row.hidden = terms.length > 0 && !found(row)
    const shown = rows.filter((row) => !row.hidden).length
    const { all, some, none } = echo.dataset
    if (shown === rows.length) echo.textContent = all
    else echo.textContent = (shown ? some : none).replace('{n}', whole.format(shown)).replace('{q}', () => search.value.trim())
  }
  bar.hidden = false
  search.addEventListener('input', filter)
  filter()
  document.addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.ctrlKey || event.altKey || event.metaKey || event.target.closest('textarea, input')) return
    event.preventDefault()
    search.focus()
  })
}
