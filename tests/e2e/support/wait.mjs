/** Waiting for things that can be looked at. Every wait has a deadline and says what it waited for. */

const period = 40; // ms between two looks

/** Thrown by what until() looks with: waiting longer is of no use. */
export class Hopeless extends Error {}

/** The first truthy value of `look()` (which may be async); rejects after `within` ms. */
export async function until(what, look, { within = 10_000 } = {}) {
    const deadline = performance.now() + within;
    let seen;
    for (;;) {
        try {
            seen = await look();
            if (seen) return seen;
        } catch (error) {
            if (error instanceof Hopeless) throw error;
            seen = error.message;
        }
        if (performance.now() > deadline) {
            throw new Error(`no ${what} within ${within / 1000} s (last seen: ${show(seen)})`);
        }
        await new Promise((resolve) => {
            setTimeout(resolve, period);
        });
    }
}

/** `promise`, or a rejection naming `what` after `within` ms. */
export function bounded(what, promise, within) {
    let timer;
    const late = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error(`no ${what} within ${within / 1000} s`)), within);
    });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Resolves at a moment of performance.now(): for watching something during a span of time. */
export function reach(moment) {
    return new Promise((resolve) => {
        setTimeout(resolve, Math.max(0, moment - performance.now()));
    });
}

export function show(value) {
    const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
    return text.length > 400 ? `${text.slice(0, 400)}…` : text;
}
