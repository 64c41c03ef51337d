using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Authorization.Refreshing;

/// <summary>Refreshes of one version of a credential that failed, one after another.</summary>
/// <param name="Version">The credential's version.</param>
/// <param name="Tries">How many.</param>
/// <param name="Since">When the first of them failed.</param>
/// <param name="Until">No try before then.</param>
/// <param name="Kind">Who must act.</param>
/// <param name="Cause">What the last one met, one plain sentence.</param>
/// <param name="MayBeSpent">Whether one of them may have reached the service, which may have answered with a token that got lost.</param>
internal sealed record RefreshTrouble(long Version, int Tries, DateTimeOffset Since, DateTimeOffset Until, FailureKind Kind, string Cause, bool MayBeSpent);
