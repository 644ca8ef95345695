// The battle under way: in memory, and beyond a reload until the next one begins.
// Each page that holds something to vote on names its own.
const ID = document.querySelector('.battle')?.dataset.kept ?? 'battle'
const MORE = `${ID} so far`
const FRESH = { id: null, prompt: '', prompts: [], turn: 1, outcome: null, reading: null, stream: null }

export const held = { ...FRESH }

export const hold = (battle) => Object.assign(held, FRESH, battle)

function read() {
  const id = sessionStorage.getItem(ID)
  // Another page may have put a battle here, of which nothing but the id is known.
  const more = JSON.parse(sessionStorage.getItem(MORE))
  return id && more?.id === id ? more : id && { id }
}

// A browser may forbid storage; then a reload begins afresh.
export const kept = {
  get: () => { try { return read() } catch { return null } },
  set: (battle) => {
    try {
      sessionStorage.setItem(ID, battle.id)
      sessionStorage.setItem(MORE, JSON.stringify(battle))
    } catch { /* see above */ }
  },
  drop: () => { try { sessionStorage.removeItem(ID) } catch { /* see above */ } },
}
