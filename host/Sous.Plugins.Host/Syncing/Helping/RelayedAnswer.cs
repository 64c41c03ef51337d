namespace Sous.Plugins.Host.Syncing.Helping;

/// <summary>What became of a <see cref="RelayedCall"/>.</summary>
/// <param name="Headers">Those of its content too.</param>
/// <param name="Failure">Why there is no answer; null where there is.</param>
internal sealed record RelayedAnswer(int Status, IReadOnlyList<RelayedHeader> Headers, RelayedFailure? Failure = null);
