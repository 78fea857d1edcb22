/** The figures, each beside its yardstick and its aim. */

const rows = [];

/** `value` and `yardstick` with their unit as text; `met` is true, false, or null where nothing was aimed at. */
export function row({ figure, value, yardstick = '', ratio = '', aim = '', met = null }) {
    rows.push([figure, value, yardstick, ratio, aim, met === null ? '' : met ? 'met' : 'MISSED']);
    console.log(
        `${figure}: ${[
            value,
            yardstick && `yardstick ${yardstick}`,
            ratio && `ratio ${ratio}`,
            aim && `aim ${aim}`,
            met === null ? '' : met ? 'met' : 'MISSED',
        ]
            .filter(Boolean)
            .join('; ')}`,
    );
}

export function print() {
    const lines = [['figure', 'value', 'yardstick', 'ratio', 'aim', ''], ...rows];
    const widths = lines[0].map((_, column) =>
        Math.max(...lines.map((line) => line[column].length)),
    );
    lines.splice(
        1,
        0,
        widths.map((width) => '-'.repeat(Math.max(3, width))),
    );
    console.log(
        `\n${lines.map((line) => `| ${line.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`).join('\n')}`,
    );
}
