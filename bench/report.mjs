const median = (numbers) => {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/** Two or three digits that matter. */
const shown = (value) => {
  if (value === undefined || Number.isNaN(value)) return '-';
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3;
  return value.toFixed(digits);
};

/** One line for each number of a figure, from the results of all rounds by broker. */
export function rowsOf({ title, columns }, results) {
  return columns.map((column, index) => {
    const medianOf = (name) => {
      const values = (results[name] ?? []).map((result) => column.of(result)).filter((value) => value !== undefined);
      return values.length === 0 ? undefined : median(values);
    };
    const [our, theirs] = [medianOf('ours'), medianOf('apache')];
    const ratio = our !== undefined && theirs !== undefined ? our / theirs : undefined;
    return {
      figure: index === 0 ? title : '',
      unit: column.unit,
      ours: shown(our),
      apache: shown(theirs),
      ratio: shown(ratio),
      target: targetOf(column),
      verdict: verdictOf(column, our, ratio),
    };
  });
}

function targetOf({ better, target, limit }) {
  const sign = better === 'more' ? '≥' : '≤';
  const wanted = [
    target === undefined ? [] : `${sign} ${target}`,
    limit === undefined ? [] : `${sign} ${limit} itself`,
  ];
  return wanted.flat().join(', ');
}

function verdictOf({ better, target, limit }, our, ratio) {
  const bounds = [
    [ratio, target],
    [our, limit],
  ].filter(([, bound]) => bound !== undefined);
  if (bounds.length === 0 || bounds.some(([value]) => value === undefined)) return '';
  return bounds.every(([value, bound]) => (better === 'more' ? value >= bound : value <= bound)) ? 'yes' : 'no';
}

const heads = {
  figure: 'figure',
  unit: 'unit',
  ours: 'ours',
  apache: 'Apache 3.9.1',
  ratio: 'ratio',
  target: 'target',
  verdict: 'met',
};

/** One row by itself, as it comes. */
export const lineOf = ({ figure, unit, ours, apache, ratio, target, verdict }) =>
  `${figure && `${figure}\n`}  ${unit}: ours ${ours}, Apache ${apache}, ratio ${ratio}${target && ` (${target}: ${verdict || '-'})`}`;

/** A Markdown table whose columns line up in a terminal. */
export function table(rows) {
  const keys = Object.keys(heads);
  const width = (key) => Math.max(...[heads, ...rows].map((row) => row[key].length));
  const widths = keys.map(width);
  const line = (row) => `| ${keys.map((key, index) => row[key].padEnd(widths[index])).join(' | ')} |`;
  return [line(heads), `|${widths.map((size) => '-'.repeat(size + 2)).join('|')}|`, ...rows.map(line)].join('\n');
}
