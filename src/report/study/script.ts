/**
 * The script of the page, as text: tables that ask for it get headings that sort and a field that filters. Without it they are
 * plain tables. It reads what the cells show: numbers by their digits, the rest as text; what is no number goes to the end.
 */
export const SCRIPT = `
'use strict';
for (const table of document.querySelectorAll('table[data-tools]')) {
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const texts = rows.map((row) => row.textContent.toLowerCase());
  const numberOf = (text) => parseFloat(text.replace(/,/g, ''));
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...head.childNodes);
    head.append(button);
    const isNumber = head.classList.contains('n');
    button.addEventListener('click', () => {
      const falls = head.getAttribute('aria-sort') === 'ascending';
      for (const other of heads) other.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', falls ? 'descending' : 'ascending');
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
      body.append(...[...rows].sort(compare));
    });
  });
  const tools = document.createElement('div');
  tools.className = 'tools';
  const label = document.createElement('label');
  const field = document.createElement('input');
  field.type = 'search';
  label.append('Show trials with ', field);
  const told = document.createElement('span');
  told.setAttribute('role', 'status');
  const show = () => {
    const words = field.value.toLowerCase().split(/\\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row, index) => {
      row.hidden = !words.every((word) => texts[index].includes(word));
      if (!row.hidden) shown++;
    });
    told.textContent = words.length === 0 ? '' : shown + ' of ' + rows.length + ' shown';
  };
  field.addEventListener('input', show);
  tools.append(label, told);
  const box = table.closest('.scroll') || table;
  box.before(tools);
}
const unfold = () => {
  const target = location.hash.length > 1 ? document.getElementById(location.hash.slice(1)) : null;
  if (!target) return;
  for (let at = target; at; at = at.parentElement) if (at.tagName === 'DETAILS') at.open = true;
  target.scrollIntoView({ block: 'center' });
};
addEventListener('hashchange', unfold);
unfold();
`;
