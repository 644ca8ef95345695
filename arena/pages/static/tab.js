// The battle that this tab holds, one of each kind, so that a reload goes on with it; a browser may forbid storage, and
// then it does not.
export const PAGES = { blind: '/', control: '/', named: '/side-by-side', direct: '/chat' }
const NAMES = { blind: 'battle', control: 'battle', named: 'battle by name', direct: 'chat' }

export function kept(kind) {
  try { return sessionStorage.getItem(NAMES[kind]) } catch { return null }
}

export function keep(kind, id) {
  try { id ? sessionStorage.setItem(NAMES[kind], id) : sessionStorage.removeItem(NAMES[kind]) } catch { /* see above */ }
}
