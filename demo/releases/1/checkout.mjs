// Release 1: every checkout borrows a connection and gives it back.
const size = 40;
let used = 0;

export function pool() {
  return { used, size };
}

export function checkout() {
  if (used === size) throw new Error('no database connection left');
  used += 1;
  try {
    return { ok: true, total: 4200 };
  } finally {
    used -= 1;
  }
}
