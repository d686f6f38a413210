/* report/page/page.js -- the one script of index.html: tables sorted by their heads and filtered by a text, folded
 * parts opened for links that lead into them, enlarged figures closed by Escape.
 *
 * The page is whole without it: what only the script can use, it makes. Its hash is in the page's
 * Content-Security-Policy, so that no other script runs there. */
'use strict';

/* What a cell sorts by: a number, also before an interval ("89.1 [88.2, 89.8]"), else its text; null where there is a
 * dash or nothing. U+2212 is the minus of numbers here. */
function sortKey(cell, isText) {
  const text = cell.textContent.trim().replace(/^\u2212/, '-');
  if (text === '' || text === '\u2013') return null;
  const number = isText ? Number(text) : parseFloat(text);
  return Number.isNaN(number) ? text : number;
}

/* Missing values last, whatever the direction; numbers before texts. */
function compareKeys(a, b, direction) {
  if (a === null || b === null) return (a === null) - (b === null);
  if (typeof a === 'number' && typeof b === 'number') return direction * (a - b);
  return direction * String(a).localeCompare(String(b), undefined, {numeric: true});
}

/* Heads become buttons: numbers descend at first and texts ascend, then the other way, then the report's own order. Rows
 * below a line (means, baselines) stay below it: each group of rows is sorted by itself. */
function makeSortable(table) {
  const rows = Array.from(table.tBodies[0].rows), heads = Array.from(table.tHead.rows[0].cells), groups = [];
  if (rows.length < 2) return;
  for (const row of rows) {
    if (groups.length === 0 || row.classList.contains('rule')) groups.push({line: row.classList.contains('rule'), rows: []});
    groups[groups.length - 1].rows.push(row);
  }
  function sort(column, isText, direction) {
    for (const group of groups) {
      const items = group.rows.map(row => ({row, key: sortKey(row.cells[column], isText)}));
      if (direction !== 0) items.sort((a, b) => compareKeys(a.key, b.key, direction));
      items.forEach((item, i) => item.row.classList.toggle('rule', group.line && i === 0));
      table.tBodies[0].append(...items.map(item => item.row));
    }
  }
  heads.forEach((head, column) => {
    const isText = head.classList.contains('t'), first = isText ? 1 : -1, button = document.createElement('button');
    button.type = 'button';
    button.append(...head.childNodes);
    if (button.textContent.trim() === '') {
      button.className = 'unnamed';
      button.setAttribute('aria-label', 'row');
    }
    head.append(button);
    button.addEventListener('click', () => {
      const now = {ascending: 1, descending: -1}[head.getAttribute('aria-sort')] || 0;
      const next = now === 0 ? first : now === first ? -first : 0;
      for (const other of heads) other.removeAttribute('aria-sort');
      if (next !== 0) head.setAttribute('aria-sort', next > 0 ? 'ascending' : 'descending');
      sort(column, isText, next);
    });
  });
}

/* A box to type in; `filter` is told the words, in lower case, and gives how many rows are left. */
function makeFilter(before, label, filter) {
  const form = document.createElement('p'), input = document.createElement('input');
  const count = document.createElement('span');
  let timer = 0;
  form.className = 'filter';
  input.type = 'search';
  input.placeholder = 'Filter rows';
  input.setAttribute('aria-label', label);
  count.setAttribute('role', 'status');
  form.append(input, count);
  before.before(form);
  input.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const words = input.value.toLowerCase().split(/\s+/).filter(word => word !== '');
      const left = filter(words);
      count.textContent = words.length ? left + (left === 1 ? ' row' : ' rows') : '';
    }, 120);
  });
}

/* Hides the rows of a table that lack one of the words; `also` is looked through beside each row. */
function filterRows(table, words, also) {
  let left = 0;
  for (const row of table.tBodies[0].rows) {
    const text = words.length ? (also + ' ' + row.textContent).toLowerCase() : '';
    row.hidden = !words.every(word => text.includes(word));
    left += !row.hidden;
  }
  return left;
}

/* The list of runs has one box for all experiments; those with a match open, unless that is very much to lay out. */
function filterRuns(experiments, words) {
  const found = experiments.map(experiment => {
    const table = experiment.querySelector('table');
    return filterRows(table, words, experiment.dataset.name);
  });
  const total = found.reduce((sum, count) => sum + count, 0);
  experiments.forEach((experiment, i) => {
    experiment.hidden = found[i] === 0;
    if (words.length) experiment.open = found[i] > 0 && total <= 1000;
  });
  return total;
}

/* A link into a folded part opens it, also where a filter has hidden it. */
function openTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  for (let part = target; part; part = part.parentElement) {
    part.hidden = false;
    if (part.tagName === 'DETAILS' && !part.classList.contains('enlarge')) part.open = true;
  }
  target.scrollIntoView();
}

/* A table that is folded away gets its buttons when it is unfolded: a page of many runs has hundreds. */
function equip(table) {
  const figure = table.closest('.table'), folded = table.closest('details:not([open])');
  if (folded) {
    folded.addEventListener('toggle', () => equip(table), {once: true});
    return;
  }
  makeSortable(table);
  if (table.tBodies[0].rows.length > 5 && !figure.closest('#runs'))
    makeFilter(figure.querySelector('.box'), 'Filter the rows of this table', words => filterRows(table, words, ''));
}
for (const table of document.querySelectorAll('.table table')) equip(table);

const experiments = Array.from(document.querySelectorAll('details.experiment'));
if (experiments.length > 0)
  makeFilter(experiments[0], 'Filter the runs of all experiments', words => filterRuns(experiments, words));

document.addEventListener('keydown', event => {
  const open = event.key === 'Escape' && document.querySelector('details.enlarge[open]');
  if (!open) return;
  open.open = false;
  open.querySelector('summary').focus();
});
window.addEventListener('hashchange', openTarget);
openTarget();

/* The contents mark the section that is being read. */
const links = new Map(Array.from(document.querySelectorAll('nav a')).map(link => [link.hash.slice(1), link]));
const watcher = new IntersectionObserver(entries => {
  for (const entry of entries) {
    const link = links.get(entry.target.id);
    if (!link || !entry.isIntersecting) continue;
    for (const other of links.values()) other.removeAttribute('aria-current');
    link.setAttribute('aria-current', 'true');
    const list = link.closest('ul');
    if (list.scrollWidth > list.clientWidth) list.scrollLeft = link.offsetLeft - list.offsetLeft - 16;
  }
}, {rootMargin: '-10% 0px -80% 0px'});
for (const section of document.querySelectorAll('main > section')) watcher.observe(section);
