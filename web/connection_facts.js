/** What a connection's statistics say of its path. Pure. */

/** The candidate pair that media takes; undefined before there is one. */
function selectedPair(report) {
    const entries = [...report.values()];
    const transport = entries.find(({ type, selectedCandidatePairId }) =>
        type === 'transport' && selectedCandidatePairId);
    return report.get(transport?.selectedCandidatePairId)
        ?? entries.find(({ type, selected, nominated, state }) => type === 'candidate-pair'
            && (selected ?? (nominated && state === 'succeeded')));
}

/** True when media goes through a relay of ours. */
export function usesRelay(report) {
    const pair = selectedPair(report);
    return pair !== undefined && report.get(pair.localCandidateId)?.candidateType === 'relay';
}

/** {sent, received}: bytes so far, whatever the path. */
export function traffic(report) {
    const pairs = [...report.values()].filter(({ type }) => type === 'candidate-pair');
    const sum = (name) => pairs.reduce((total, pair) => total + (pair[name] ?? 0), 0);
    return { sent: sum('bytesSent'), received: sum('bytesReceived') };
}
