/** Trickle-ICE fragments as WHIP sends them (RFC 8840, RFC 9725 section 4.3.1). */

export const fragmentType = 'application/trickle-ice-sdpfrag';

/**
 * The fragment for `candidates` (their a= values) of a bundled offer: they belong to its first
 * m-section. `complete` adds end-of-candidates.
 */
export function fragment(offer, candidates, complete) {
    const line = (pattern) => pattern.exec(offer)?.[0];
    const lines = [
        line(/^a=group:BUNDLE.*$/m),
        line(/^m=.*$/m),
        line(/^a=mid:.*$/m),
        line(/^a=ice-ufrag:.*$/m),
        line(/^a=ice-pwd:.*$/m),
        ...candidates.map((candidate) => `a=${candidate}`),
        complete ? 'a=end-of-candidates' : undefined,
    ];
    return lines.filter(Boolean).map((text) => `${text.trimEnd()}\r\n`).join('');
}
