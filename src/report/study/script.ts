/**
 * The script of the page, as text: tables that ask for it get headings that sort and a field that filters. Without it they are
 * plain tables, below an empty element of the class `tools`. It reads what the cells show: numbers by their digits, the rest as text; what is no number goes to the end. Where the
 * page changes it is told by the event `paredown:changed`, and sorts and filters what is new as the table was.
 */
export const SCRIPT = `
'use strict';
const equip = (table) => {
  table.dataset.tools = 'on';
  const body = () => table.tBodies[0];
  const numberOf = (text) => parseFloat(text.replace(/,/g, ''));
  const heads = [...table.tHead.rows[0].cells];
  const sort = () => {
    const column = heads.findIndex((head) => head.hasAttribute('aria-sort'));
    if (column < 0) return;
    const head = heads[column];
    const isNumber = head.classList.contains('n');
    const falls = head.getAttribute('aria-sort') === 'descending';
    const rows = [...body().rows];
    const keys = new Map(rows.map((row, index) => {
      const text = row.cells[column].textContent;
      return [row, { index, key: isNumber ? numberOf(text) : text }];
    }));
    const compare = (a, b) => {
      const x = keys.get(a), y = keys.get(b);
      if (isNumber && (Number.isNaN(x.key) || Number.isNaN(y.key)))
        return Number.isNaN(x.key) - Number.isNaN(y.key) || x.index - y.index;
      const order = isNumber ? x.key - y.key : x.key < y.key ? -1 : x.key > y.key ? 1 : 0;
      return (falls ? -order : order) || x.index - y.index;
    };
    body().append(...[...rows].sort(compare));
  };
  for (const head of heads) {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener('click', () => {
      const falls = head.getAttribute('aria-sort') === 'ascending';
      for (const other of heads) other.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', falls ? 'descending' : 'ascending');
      sort();
    });
  }
  const tools = table.closest('.scroll').previousElementSibling;
  const label = document.createElement('label');
  const field = document.createElement('input');
  field.type = 'search';
  label.append('Show trials with ', field);
  const told = document.createElement('span');
  told.setAttribute('role', 'status');
  const filter = () => {
    const words = field.value.toLowerCase().split(/\\s+/).filter(Boolean);
    const rows = [...body().rows];
    let shown = 0;
    for (const row of rows) {
      const text = words.length === 0 ? '' : row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      if (!row.hidden) shown++;
    }
    told.textContent = words.length === 0 ? '' : shown + ' of ' + rows.length + ' shown';
  };
  field.addEventListener('input', filter);
  tools.append(label, told);
  addEventListener('paredown:changed', () => {
    if (!table.isConnected) return;
    sort();
    if (field.value !== '') filter();
  });
};
const equipAll = () => document.querySelectorAll('table[data-tools=""]').forEach(equip);
addEventListener('paredown:changed', equipAll);
equipAll();
const unfold = () => {
  const target = location.hash.length > 1 ? document.getElementById(location.hash.slice(1)) : null;
  if (!target) return;
  for (let at = target; at; at = at.parentElement) if (at.tagName === 'DETAILS') at.open = true;
  target.scrollIntoView({ block: 'center' });
};
addEventListener('hashchange', unfold);
unfold();
`;
